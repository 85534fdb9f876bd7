import axios, { AxiosError, AxiosHeaders, type InternalAxiosRequestConfig } from 'axios'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import { fileName, get, useCredentials, watchRequests } from '@/api/client'

type Answer = { status: number; data: unknown }
const { adapter } = vi.hoisted(() => ({ adapter: vi.fn() }))
vi.mock('axios', async (original) => {
  const module = await original<typeof import('axios')>()
  module.default.defaults.adapter = adapter
  return module
})

let token: string | null = 'old'
const renew = vi.fn<() => Promise<string | null>>()
useCredentials({ accessToken: () => token, renew, language: () => 'en', text: (key) => key })

/** Answers in their order; each request's headers are kept. */
function answering(...answers: Answer[]): { authorization: string; language: string }[] {
  const asked: { authorization: string; language: string }[] = []
  adapter.mockImplementation(async (config: InternalAxiosRequestConfig) => {
    asked.push({
      authorization: String(config.headers.get('Authorization') ?? ''),
      language: String(config.headers.get('Accept-Language') ?? ''),
    })
    const answer = answers.shift() as Answer
    const headers = new AxiosHeaders({ 'x-request-id': 'r9' })
    const response = { ...answer, statusText: '', headers, config }
    if (answer.status >= 400) throw new AxiosError('refused', 'ERR_BAD_REQUEST', config, null, response)
    return response
  })
  return asked
}

beforeEach(() => {
  token = 'old'
  renew.mockReset()
})

describe('requests', () => {
  it('say who asks, and in which language, and give the data', async () => {
    const asked = answering({ status: 200, data: { data: { x: 1 } } })
    expect(await get('/api/v1/limits')).toEqual({ x: 1 })
    expect(asked).toEqual([{ authorization: 'Bearer old', language: 'en' }])
  })

  it('are made again with a renewed token', async () => {
    renew.mockResolvedValue('new')
    const asked = answering({ status: 401, data: {} }, { status: 200, data: { data: 'yes' } })
    expect(await get('/api/v1/limits')).toBe('yes')
    expect(asked.map((one) => one.authorization)).toEqual(['Bearer old', 'Bearer new'])
  })

  it('are refused where the login has ended', async () => {
    renew.mockResolvedValue(null)
    answering({ status: 401, data: { message: 'log in', error: 'unauthenticated' } })
    const error = await get('/api/v1/limits').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 401, message: 'log in', requestId: 'r9' })
  })

  it('are not renewed for nobody', async () => {
    token = null
    answering({ status: 401, data: {} })
    await expect(get('/api/v1/limits')).rejects.toMatchObject({ status: 401 })
    expect(renew).not.toHaveBeenCalled()
  })

  it('that met no server say so', async () => {
    adapter.mockRejectedValue(new AxiosError('Network Error', 'ERR_NETWORK'))
    await expect(get('/api/v1/limits')).rejects.toMatchObject({ status: 0, message: 'error.network' })
  })
})

describe('whoever watches requests', () => {
  it.each([
    ['answered', { status: 200, data: { data: 1 } }],
    ['answered', { status: 409, data: { error: 'conflict' } }],
    ['answered', { status: 503, data: { error: { slug: 'database_busy' } } }],
    ['unreachable', { status: 502, data: '<html>Bad Gateway</html>' }],
    ['unreachable', { status: 503, data: { error: { slug: 'unavailable' } } }],
  ])('is told: %s', async (expected, answer) => {
    const [began, ended] = [vi.fn(), vi.fn()]
    watchRequests({ began, ended })
    answering(answer)
    await get('/api/v1/limits').catch(() => undefined)
    expect(began).toHaveBeenCalledOnce()
    expect(ended).toHaveBeenCalledExactlyOnceWith(expected)
  })

  it.each([
    ['unreachable', new AxiosError('timeout', AxiosError.ECONNABORTED)],
    ['unreachable', new AxiosError('Network Error', AxiosError.ERR_NETWORK)],
    ['cancelled', new AxiosError('taken back', AxiosError.ERR_CANCELED)],
  ])('is told of no answer: %s', async (expected, reason) => {
    const ended = vi.fn()
    watchRequests({ began: vi.fn(), ended })
    adapter.mockRejectedValue(reason)
    await get('/api/v1/limits').catch(() => undefined)
    expect(ended).toHaveBeenCalledExactlyOnceWith(expected)
  })
})

describe('names of downloads', () => {
  it.each([
    ['attachment; filename="hello@1.0.0.zip"', 'hello@1.0.0.zip'],
    ["attachment; filename=x.zip; filename*=UTF-8''%E6%8F%92.zip", '插.zip'],
    ['attachment; filename=plain.zip', 'plain.zip'],
    ['attachment', null],
  ])('%s', (header, name) => expect(fileName(header)).toBe(name))
})

it('uses the one library', () => expect(axios.isAxiosError(new AxiosError('x'))).toBe(true))
