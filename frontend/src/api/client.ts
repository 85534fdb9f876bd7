/** Requests to the server: the token, its renewal, the language, and every refusal as an `ApiError`. */
import axios, { AxiosError, type AxiosRequestConfig, type AxiosResponse } from 'axios'
import { asApiError, secondsOf } from './errors'

/** What the client needs of the session, told to it by the store: the client knows no store. */
export interface Credentials {
  accessToken(): string | null
  /** A new access token; null where the login has ended. */
  renew(): Promise<string | null>
  language(): string
  text(key: Words): string
}

/** What is said where no answer has words: the network's fault, or a proxy's. */
type Words = 'error.network' | 'error.unexpected' | 'error.tooMany' | 'error.busy'

let credentials: Credentials | null = null

export function useCredentials(given: Credentials): void {
  credentials = given
}

const http = axios.create({ timeout: 30_000 })

/** One answer's `data`. Raises ApiError, once the access token was renewed where it had expired. */
export async function call<T>(config: AxiosRequestConfig): Promise<T> {
  const response = await send(config)
  return (response.data as { data: T }).data
}

export const get = <T>(url: string, params?: object): Promise<T> => call<T>({ url, params })
/** `revision`: of what is changed, as it was shown. Where it is another by now, it is refused (see isStale). */
export const post = <T>(url: string, data: object = {}, revision?: string): Promise<T> =>
  call<T>({ method: 'POST', url, data, headers: matching(revision) })
export const put = <T>(url: string, data: object, revision?: string): Promise<T> =>
  call<T>({ method: 'PUT', url, data, headers: matching(revision) })
export const remove = <T>(url: string): Promise<T> => call<T>({ method: 'DELETE', url })

function matching(revision?: string): Record<string, string> {
  return revision === undefined ? {} : { 'If-Match': `"${revision}"` }
}

/** A file, saved under the name that the server gives it. */
export async function download(config: AxiosRequestConfig, fallbackName: string): Promise<void> {
  const response = await send({ ...config, responseType: 'blob', timeout: 0 })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(response.data as Blob)
  link.download = fileName(String(response.headers['content-disposition'] ?? '')) ?? fallbackName
  link.click()
  // Browsers read the blob after the click's handlers have run.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** The file name of a Content-Disposition header, the UTF-8 one before the plain one. */
export function fileName(header: string): string | null {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(header)?.[1]
  if (encoded !== undefined) return decodeURIComponent(encoded)
  return /filename="?([^";]+)"?/i.exec(header)?.[1] ?? null
}

async function send(config: AxiosRequestConfig): Promise<AxiosResponse> {
  const token = credentials?.accessToken() ?? null
  try {
    return await http.request(withHeaders(config, token))
  } catch (reason) {
    if (token !== null && reason instanceof AxiosError && reason.response?.status === 401) {
      const renewed = await credentials?.renew()
      if (renewed) return http.request(withHeaders(config, renewed)).catch(refuse)
    }
    return refuse(reason)
  }
}

function withHeaders(config: AxiosRequestConfig, token: string | null): AxiosRequestConfig {
  const headers: Record<string, string> = { 'Accept-Language': credentials?.language() ?? 'zh-CN' }
  if (token !== null) headers.Authorization = `Bearer ${token}`
  return { ...config, headers: { ...headers, ...config.headers } }
}

async function refuse(reason: unknown): Promise<never> {
  if (!(reason instanceof AxiosError) || reason.code === AxiosError.ERR_CANCELED) throw reason
  const say = (key: Words) => credentials?.text(key) ?? key
  const response = reason.response
  if (response === undefined) throw asApiError(0, null, '', say('error.network'))
  const requestId = String(response.headers['x-request-id'] ?? '')
  const body = await bodyOf(response.data)
  throw asApiError(
    response.status,
    body,
    requestId,
    say(wordsFor(response.status)),
    secondsOf(response.headers['retry-after']),
  )
}

function wordsFor(status: number): Words {
  if (status === 429) return 'error.tooMany'
  return [502, 503, 504].includes(status) ? 'error.busy' : 'error.unexpected'
}

/** What a download was refused with is JSON inside a blob. */
async function bodyOf(data: unknown): Promise<unknown> {
  if (!(data instanceof Blob)) return data
  try {
    return JSON.parse(await data.text())
  } catch {
    return null
  }
}
