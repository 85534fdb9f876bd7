// A client of the host API for browsers, Node.js 18 and newer, Deno and Bun; it needs nothing else.
//
//   const server = new MicroDock('http://127.0.0.1:8000')
//   await server.uploadPlugin(file, 'a-key-of-your-own')
//   const { bytes, sha256 } = await server.downloadPlugin('com.example.myplugin')

export interface Plugin {
  name: string
  display_name: string
  description: string | null
  author: string | null
  license: string | null
  homepage: string | null
  main_dll: string
  entry_class: string
  current_version: string
  is_enabled: boolean
  is_deprecated: boolean
  created_at: string
  updated_at: string
}

export interface Version {
  version: string
  file_name: string
  file_size: number
  file_hash: string
  changelog: string | null
  dependencies: Record<string, string> | null
  engines: Record<string, string> | null
  is_deprecated: boolean
  download_count: number
  created_at: string
}

export interface Backup {
  id: number
  user_key?: string
  backup_type: string
  file_name: string
  file_size: number
  file_hash: string
  description: string | null
  created_at: string
}

export interface Download {
  bytes: Uint8Array
  sha256: string
}

/** What the server refused: `error` is a word that never changes, `message` is for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    message: string,
    readonly details: unknown[] = [],
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

export class MicroDock {
  private token: string | null = null

  constructor(
    private readonly baseUrl: string,
    private readonly language: 'zh' | 'en' = 'en',
  ) {}

  async login(username: string, password: string): Promise<void> {
    const data = await this.post<{ token: string }>('/api/auth/login', { username, password })
    this.token = data.token
  }

  async logout(): Promise<void> {
    await this.post('/api/auth/logout', {})
    this.token = null
  }

  me(): Promise<{ is_logged_in: boolean; username: string | null; is_admin: boolean }> {
    return this.get('/api/auth/me')
  }

  /** All plugins by name, disabled ones too. */
  plugins(): Promise<Plugin[]> {
    return this.get('/api/plugins/list')
  }

  plugin(name: string): Promise<Plugin & { versions: Version[] }> {
    return this.post('/api/plugins/detail', { name })
  }

  /** Highest first. */
  versions(name: string): Promise<Version[]> {
    return this.post('/api/plugins/versions', { name })
  }

  version(name: string, version: string): Promise<Version> {
    return this.post('/api/plugins/version/detail', { name, version })
  }

  /** Publish a package. The first key of a name is the one that later versions need. */
  uploadPlugin(file: Blob, pluginKey: string, fileName = 'plugin.zip'): Promise<Plugin> {
    return this.upload('/api/plugins/upload', file, fileName, { plugin_key: pluginKey })
  }

  /** The current version's package, or one version's; what came is compared with its hash. */
  downloadPlugin(name: string, version?: string): Promise<Download> {
    return version === undefined
      ? this.download('/api/plugins/download', { name })
      : this.download('/api/plugins/version/download', { name, version })
  }

  enable(name: string): Promise<unknown> {
    return this.post('/api/plugins/enable', { name })
  }

  disable(name: string): Promise<unknown> {
    return this.post('/api/plugins/disable', { name })
  }

  deprecate(name: string, version?: string): Promise<unknown> {
    return version === undefined
      ? this.post('/api/plugins/deprecate', { name })
      : this.post('/api/plugins/version/deprecate', { name, version })
  }

  delete(name: string): Promise<unknown> {
    return this.post('/api/plugins/delete', { name })
  }

  /** Keep a backup, of the `program` or of a `plugin` (then with `plugin_name`). */
  backUp(file: Blob, userKey: string, fields: Record<string, string> = {}, fileName = 'backup.zip'): Promise<Backup> {
    return this.upload('/api/backups/upload', file, fileName, { user_key: userKey, backup_type: 'program', ...fields })
  }

  /** Newest first. */
  async backups(userKey: string): Promise<Backup[]> {
    return (await this.post<{ backups: Backup[] }>('/api/backups/list', { user_key: userKey })).backups
  }

  downloadBackup(userKey: string, id: number): Promise<Download> {
    return this.download('/api/backups/download', { user_key: userKey, id })
  }

  private get<T>(path: string): Promise<T> {
    return this.data('GET', path)
  }

  private post<T>(path: string, body: unknown): Promise<T> {
    return this.data('POST', path, JSON.stringify(body), { 'Content-Type': 'application/json' })
  }

  private upload<T>(path: string, file: Blob, fileName: string, fields: Record<string, string>): Promise<T> {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    form.append('file', file, fileName)
    // No Content-Type: fetch sets it, with the boundary that the form has.
    return this.data('POST', path, form)
  }

  private async download(path: string, body: unknown): Promise<Download> {
    const answer = await this.send('POST', path, JSON.stringify(body), { 'Content-Type': 'application/json' })
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const sha256 = answer.headers.get('ETag')?.replaceAll('"', '') ?? ''
    // Browsers have `crypto.subtle` on https and on localhost only; elsewhere compare by other means.
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    const found = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
    if (found !== sha256) throw new Error('the bytes that came are not those that the server has')
    return { bytes, sha256 }
  }

  private async data<T>(method: string, path: string, body?: BodyInit, headers?: Record<string, string>): Promise<T> {
    const answer = await this.send(method, path, body, headers)
    return ((await answer.json()) as { data: T }).data
  }

  private async send(
    method: string,
    path: string,
    body?: BodyInit,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const known = { 'Accept-Language': this.language, ...headers }
    const all = this.token === null ? known : { ...known, Authorization: `Bearer ${this.token}` }
    const answer = await fetch(this.baseUrl + path, { method, headers: all, body })
    if (answer.ok) return answer
    const said = (await answer.json().catch(() => ({}))) as Partial<ApiError>
    throw new ApiError(answer.status, said.error ?? 'unknown', said.message ?? answer.statusText, said.details)
  }
}
