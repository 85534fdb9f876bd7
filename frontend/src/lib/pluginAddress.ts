/** Addresses of plugins as this page asks for them. */

/** The server names its public address; the page may have been opened under another, and talks to no other origin. */
export function here(address: string): string {
  const place = address.indexOf('/api/')
  return place > 0 ? address.slice(place) : address
}

export const pluginUrl = (name: string): string => `/api/v1/marketplace/plugins/${encodeURIComponent(name)}`

export const versionUrl = (name: string, version: string): string =>
  `${pluginUrl(name)}/versions/${encodeURIComponent(version)}`
