/** Requests to the server: the token, its renewal, the language, and every refusal as an `ApiError`. */
import axios, { AxiosError, type AxiosRequestConfig, type AxiosResponse } from 'axios'
import type { Address, BodyOf, DataOf, Method, PathOf, QueryOf, Sent } from './address'
import { asApiError, isTakenBack, isUnreachable, secondsOf } from './errors'

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

/** How a request ended: answered, be it with a refusal; met by no server; or taken back by the page itself. */
export type Outcome = 'answered' | 'unreachable' | 'cancelled'

/** Who is told of every request, once when it begins and once when it ends. */
interface Watcher {
  began(): void
  ended(outcome: Outcome): void
}

let watcher: Watcher = { began: () => undefined, ended: () => undefined }

export function watchRequests(given: Watcher): void {
  watcher = given
}

const http = axios.create({ timeout: 30_000 })

interface Answer<Data> {
  data: Data
  headers: AxiosResponse['headers']
}

/** An answer's `data` and its headers. Raises ApiError, once the access token was renewed where it had expired.
 *
 * `config`: what is said to axios beside the address.
 */
export async function answered<M extends Method, Path extends PathOf<M>>(
  method: M,
  url: Address<Path>,
  config: AxiosRequestConfig = {},
): Promise<Answer<DataOf<M, Path>>> {
  // The one place where what came is taken for what the document promises.
  const { data, headers } = await send<{ data: DataOf<M, Path> }>({ ...config, method, url })
  return { data: data.data, headers }
}

const dataOf = async <Data>(answer: Promise<Answer<Data>>): Promise<Data> => (await answer).data

export const get = <Path extends PathOf<'get'>>(
  url: Address<Path>,
  ...[params]: Sent<QueryOf<'get', Path>>
): Promise<DataOf<'get', Path>> => dataOf(answered('get', url, { params }))

/** `revision`: of what is changed, as it was shown. Where it is another by now, it is refused (see isStale). */
export const post = <Path extends PathOf<'post'>>(
  url: Address<Path>,
  ...[data, revision]: Sent<BodyOf<'post', Path>, [revision?: string]>
): Promise<DataOf<'post', Path>> => dataOf(answered('post', url, { data: data ?? {}, headers: matching(revision) }))

export const put = <Path extends PathOf<'put'>>(
  url: Address<Path>,
  data: BodyOf<'put', Path>,
  revision?: string,
): Promise<DataOf<'put', Path>> => dataOf(answered('put', url, { data, headers: matching(revision) }))

export const remove = <Path extends PathOf<'delete'>>(url: Address<Path>): Promise<DataOf<'delete', Path>> =>
  dataOf(answered('delete', url))

function matching(revision?: string): Record<string, string> {
  return revision === undefined ? {} : { 'If-Match': `"${revision}"` }
}

/** A file, which is no JSON. Most addresses of files are those that the server names in an answer: no type knows them. */
export async function file(config: AxiosRequestConfig): Promise<Answer<Blob>> {
  return await send<Blob>({ ...config, responseType: 'blob' })
}

/** A file, saved under the name that the server gives it. */
export async function download(config: AxiosRequestConfig, fallbackName: string): Promise<void> {
  const { data, headers } = await file({ ...config, timeout: 0 })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(data)
  link.download = fileName(String(headers['content-disposition'] ?? '')) ?? fallbackName
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

/** Does the server answer? Nobody is told of this question. */
export async function isThere(): Promise<boolean> {
  const answer = await http.get('/healthz', { timeout: 10_000, validateStatus: null }).catch(() => null)
  return answer !== null && answer.status < 500
}

async function send<Body>(config: AxiosRequestConfig): Promise<AxiosResponse<Body>> {
  watcher.began()
  let outcome: Outcome = 'answered'
  try {
    return await sendRenewing<Body>(config)
  } catch (reason) {
    if (isTakenBack(reason)) outcome = 'cancelled'
    else if (isUnreachable(reason)) outcome = 'unreachable'
    throw reason
  } finally {
    watcher.ended(outcome)
  }
}

async function sendRenewing<Body>(config: AxiosRequestConfig): Promise<AxiosResponse<Body>> {
  const token = credentials?.accessToken() ?? null
  try {
    return await http.request<Body>(withHeaders(config, token))
  } catch (reason) {
    if (token !== null && reason instanceof AxiosError && reason.response?.status === 401) {
      const renewed = await credentials?.renew()
      if (renewed) return http.request<Body>(withHeaders(config, renewed)).catch(refuse)
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
  if (!(reason instanceof AxiosError) || isTakenBack(reason)) throw reason
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
