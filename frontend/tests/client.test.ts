import axios, { AxiosError, AxiosHeaders, type InternalAxiosRequestConfig } from 'axios'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import { fileName, get, useCredentials } from '@/api/client'

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
    expect(await get('/api/x')).toEqual({ x: 1 })
    expect(asked).toEqual([{ authorization: 'Bearer old', language: 'en' }])
  })

  it('are made again with a renewed token', async () => {
    renew.mockResolvedValue('new')
    const asked = answering({ status: 401, data: {} }, { status: 200, data: { data: 'yes' } })
    expect(await get('/api/x')).toBe('yes')
    expect(asked.map((one) => one.authorization)).toEqual(['Bearer old', 'Bearer new'])
  })

  it('are refused where the login has ended', async () => {
    renew.mockResolvedValue(null)
    answering({ status: 401, data: { message: 'log in', error: 'unauthenticated' } })
    const error = await get('/api/x').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 401, message: 'log in', requestId: 'r9' })
  })

  it('are not renewed for nobody', async () => {
    token = null
    answering({ status: 401, data: {} })
    await expect(get('/api/x')).rejects.toMatchObject({ status: 401 })
    expect(renew).not.toHaveBeenCalled()
  })

  it('that met no server say so', async () => {
    adapter.mockRejectedValue(new AxiosError('Network Error', 'ERR_NETWORK'))
    await expect(get('/api/x')).rejects.toMatchObject({ status: 0, message: 'error.network' })
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
