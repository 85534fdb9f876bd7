/** The question of a host: what runs there, and what is installed. */
import type { PluginUpdate } from '@/api/types'

export interface Engine {
  name: string
  version: string
}

export interface Installed {
  name: string
  version: string
  pin: string
}

export interface HostForm {
  engines: Engine[]
  channel: 'stable' | 'preview'
  client: string
  installed: Installed[]
}

/** As most hosts name themselves. */
const USUAL = 'MicroDock'

export const blankEngine = (name = ''): Engine => ({ name, version: '' })
export const blankPlugin = (name = '', version = ''): Installed => ({ name, version, pin: '' })

/** `engines`: the names of what the plugin needs; `plugin` is what to ask about. */
export function questionAbout(plugin: string, version: string, engines: readonly string[] = []): HostForm {
  const names = engines.length > 0 ? engines : [USUAL]
  return {
    engines: names.map((name) => blankEngine(name)),
    channel: 'stable',
    client: '',
    installed: [blankPlugin(plugin, version)],
  }
}

/** Is a plugin named, but not its version? The server cannot answer that. */
export const lacksVersion = ({ name, version }: Installed) => name.trim() !== '' && version.trim() === ''

/** What is sent: rows without a name are left out, and so are engines without a version, which the host does not state. */
export function questionOf(form: HostForm) {
  const engines = form.engines.map(({ name, version }) => [name.trim(), version.trim()] as const)
  return {
    engines: Object.fromEntries(engines.filter(([name, version]) => name !== '' && version !== '')),
    channel: form.channel,
    client_id: form.client === '' ? null : form.client,
    installed: form.installed
      .filter(({ name }) => name.trim() !== '')
      .map(({ name, version, pin }) => ({ name: name.trim(), version: version.trim(), pin: pin.trim() || null })),
  }
}

/** How Element Plus colours what a host should do. */
export const COLOURS: Record<PluginUpdate['action'], 'success' | 'warning' | 'danger' | 'info'> = {
  none: 'info',
  update: 'success',
  downgrade: 'warning',
  disable: 'danger',
  remove: 'danger',
  unknown: 'warning',
}
