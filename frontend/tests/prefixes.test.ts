import { beforeEach, describe, expect, it, vi } from 'vitest'
import { get } from '@/api/client'
import type { Account } from '@/api/types'
import { useAccountSearch, useNames } from '@/composables/useAccounts'
import { prefixesOf, trimmed } from '@/lib/prefixes'

vi.mock('@/api/client', () => ({ get: vi.fn() }))

const account = (id: string) => ({ id, username: `name of ${id}` }) as Account

beforeEach(() => {
  vi.mocked(get).mockReset()
})

it('hands out a copy: what is written in does not change what the server said', () => {
  const config = { reserved_prefixes: [{ prefix: 'com.a', owner_ids: ['1'] }] }
  const rows = prefixesOf(config)
  rows[0]?.owner_ids.push('2')
  expect(prefixesOf(config)).toEqual([{ prefix: 'com.a', owner_ids: ['1'] }])
  expect(prefixesOf(null)).toEqual([])
})

it('sends no blanks around a prefix, and leaves the rest to the server', () => {
  const rows = [
    { prefix: ' com.a ', owner_ids: ['1'] },
    { prefix: '', owner_ids: [] },
  ]
  expect(trimmed(rows)).toEqual([
    { prefix: 'com.a', owner_ids: ['1'] },
    { prefix: '', owner_ids: [] },
  ])
})

describe('names', () => {
  it('are asked for once, and an account that cannot be read stands by its id', async () => {
    vi.mocked(get).mockImplementation((url) =>
      url.endsWith('/gone') ? Promise.reject(new Error('404')) : Promise.resolve(account(url.split('/').at(-1) ?? '')),
    )
    const { name, learn, remember } = useNames()
    remember([account('found')])
    await learn(['1', 'gone', '1', 'found'])
    expect(['1', 'gone', 'found'].map(name)).toEqual(['name of 1', 'gone', 'name of found'])
    expect(vi.mocked(get).mock.calls.map(([url]) => url)).toEqual(['/api/v1/admin/users/1', '/api/v1/admin/users/gone'])
  })

  it('are asked for a few at a time', async () => {
    let running = 0
    let most = 0
    vi.mocked(get).mockImplementation(async (url) => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running -= 1
      return account(url)
    })
    await useNames().learn(Array.from({ length: 23 }, (_, place) => String(place)))
    expect([vi.mocked(get).mock.calls.length, most]).toEqual([23, 5])
  })
})

describe('the search for accounts', () => {
  it('shows the answer to what was typed last, whichever comes first', async () => {
    const answers = new Map<unknown, (users: Account[]) => void>()
    vi.mocked(get).mockImplementation(
      (_url, params) =>
        new Promise((resolve) => answers.set((params as { search?: string }).search, (users) => resolve({ users }))),
    )
    const { found, loading, search } = useAccountSearch()
    const both = [search('a'), search(' ad ')]
    answers.get('ad')?.([account('ada')])
    answers.get('a')?.([account('alan')])
    await Promise.all(both)
    expect([found.value, loading.value]).toEqual([[account('ada')], false])
  })

  it('says what went wrong, and shows nobody then', async () => {
    const { found, error, search } = useAccountSearch()
    vi.mocked(get).mockResolvedValueOnce({ users: [account('ada')] })
    await search('')
    expect(vi.mocked(get).mock.calls[0]?.[1]).toEqual({ limit: 20 })
    const refusal = new Error('offline')
    vi.mocked(get).mockRejectedValueOnce(refusal)
    await search('b')
    expect([found.value, error.value]).toEqual([[], refusal])
  })
})
