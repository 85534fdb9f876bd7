/** What the automatic review knows of the host: names of types, assemblies, frameworks and processors. */

export const HOST_FIELDS = [
  { name: 'host_interface', kind: 'text' },
  { name: 'host_interface_assembly', kind: 'text' },
  { name: 'host_assemblies', kind: 'list' },
  { name: 'host_frameworks', kind: 'list' },
  { name: 'host_architectures', kind: 'list' },
] as const

/** As the server names them. */
export const ARCHITECTURES = ['x86', 'x64', 'arm64', 'arm'] as const

/** The items of a text in which they stand between commas, spaces or line breaks, Chinese ones too. */
export function listed(text: string): string[] {
  return text.split(/[,，、;；\s]+/).filter((item) => item !== '')
}
