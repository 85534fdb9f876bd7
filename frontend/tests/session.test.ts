import axios, { AxiosError, AxiosHeaders } from 'axios'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { post } from '@/api/client'
import { useSession } from '@/stores/session'

vi.mock('@/api/client', () => ({ post: vi.fn(), call: vi.fn() }))
const answered = vi.mocked(post)
const refreshing = vi.spyOn(axios, 'post')

function session(access: string, permissions: string[] = []) {
  const user = { id: '1', username: 'ada', email: null, role: 'admin', permissions }
  return { access_token: access, refresh_token: `${access}-refresh`, token_type: 'Bearer', expires_in: 60, user }
}

function refusal(status: number): AxiosError {
  const config = { headers: new AxiosHeaders() }
  return new AxiosError('', '', config, null, { status, data: {}, statusText: '', headers: {}, config })
}

beforeEach(() => {
  localStorage.clear()
  sessionStorage.clear()
  refreshing.mockReset()
  setActivePinia(createPinia())
})

describe('a login', () => {
  it('lives in this tab, or in this browser where that was asked for', async () => {
    answered.mockResolvedValue(session('a'))
    await useSession().logIn('ada', 'x', false)
    expect([sessionStorage.length, localStorage.length]).toEqual([1, 0])
    await useSession().logIn('ada', 'x', true)
    expect([sessionStorage.length, localStorage.length]).toEqual([0, 1])
    setActivePinia(createPinia())
    expect(useSession().user?.username).toBe('ada')
  })

  it('holds permissions with wildcards', async () => {
    answered.mockResolvedValue(session('a', ['plugin.*', 'review.view']))
    await useSession().logIn('ada', 'x', false)
    const { may } = useSession()
    expect([may('plugin.view_all'), may('review.view'), may('review.update'), may('plugins.x')]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  it('that cannot be read is none', () => {
    localStorage.setItem('microdock.session', '{')
    expect(useSession().user).toBeNull()
  })
})

describe('a renewal', () => {
  it('is made once for however many ask', async () => {
    answered.mockResolvedValue(session('a'))
    await useSession().logIn('ada', 'x', false)
    refreshing.mockResolvedValue({ data: { data: session('b') } })
    const store = useSession()
    expect(await Promise.all([store.renew(), store.renew(), store.renew()])).toEqual(['b', 'b', 'b'])
    expect(refreshing).toHaveBeenCalledTimes(1)
    expect(store.accessToken).toBe('b')
  })

  it('that another tab has made is taken over: a spent token is not shown again', async () => {
    answered.mockResolvedValue(session('a'))
    await useSession().logIn('ada', 'x', true)
    const { user } = session('b')
    localStorage.setItem('microdock.session', JSON.stringify({ access: 'b', refresh: 'b-refresh', user }))
    expect(await useSession().renew()).toBe('b')
    expect(refreshing).not.toHaveBeenCalled()
  })

  it('that is refused ends the login and says so', async () => {
    answered.mockResolvedValue(session('a'))
    await useSession().logIn('ada', 'x', false)
    refreshing.mockRejectedValue(refusal(401))
    expect(await useSession().renew()).toBeNull()
    expect([useSession().user, useSession().hasExpired, sessionStorage.length]).toEqual([null, true, 0])
  })

  it.each([503, undefined])('that meets no server (%s) ends nothing', async (status) => {
    answered.mockResolvedValue(session('a'))
    await useSession().logIn('ada', 'x', false)
    refreshing.mockRejectedValue(status === undefined ? new AxiosError('', 'ERR_NETWORK') : refusal(status))
    expect(await useSession().renew()).toBeNull()
    expect([useSession().user?.username, useSession().hasExpired]).toEqual(['ada', false])
  })
})
