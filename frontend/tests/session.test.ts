import axios, { AxiosError, AxiosHeaders } from 'axios'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import { useSession } from '@/stores/session'

const { answered } = vi.hoisted(() => ({ answered: vi.fn() }))
vi.mock('@/api/client', () => ({ get: answered, post: answered }))
const refreshing = vi.spyOn(axios, 'post')

function session(access: string, name = 'ada', permissions: string[] = []) {
  const user = { id: name, username: name, email: null, role: 'admin', permissions }
  return { access_token: access, refresh_token: null, token_type: 'bearer', expires_in: 60, user }
}

const renewed = (access: string, name = 'ada') => ({ data: { data: session(access, name) } })

function refusal(status: number): AxiosError {
  const config = { headers: new AxiosHeaders() }
  return new AxiosError('', '', config, null, { status, data: {}, statusText: '', headers: {}, config })
}

/** Another tab of this browser. */
function tab() {
  setActivePinia(createPinia())
  return useSession()
}

async function loggedIn(access = 'a') {
  answered.mockResolvedValueOnce(session(access))
  const store = useSession()
  await store.logIn('ada', 'x', false)
  return store
}

beforeEach(() => {
  localStorage.clear()
  sessionStorage.clear()
  document.cookie = 'microdock_login=; max-age=0'
  refreshing.mockReset()
  answered.mockReset()
  setActivePinia(createPinia())
})

describe('a login', () => {
  it('asks for the cookie, and leaves nothing in web storage', async () => {
    const store = await loggedIn()
    expect(answered).toHaveBeenCalledWith('/api/v1/auth/login', {
      username: 'ada',
      password: 'x',
      remember_me: false,
      cookie: true,
    })
    expect([store.user?.username, store.accessToken]).toEqual(['ada', 'a'])
    expect([sessionStorage.length, localStorage.length]).toEqual([0, 0])
  })

  it('is continued where the browser has one', async () => {
    document.cookie = 'microdock_login=1'
    refreshing.mockResolvedValue(renewed('b'))
    const store = useSession()
    await store.restore()
    expect([store.user?.username, store.accessToken, store.hasExpired]).toEqual(['ada', 'b', false])
  })

  it('is not asked for where there is none', async () => {
    await useSession().restore()
    expect(refreshing).not.toHaveBeenCalled()
    expect(useSession().user).toBeNull()
  })

  it('that has ended meanwhile is none, and nothing is said of it', async () => {
    document.cookie = 'microdock_login=1'
    refreshing.mockRejectedValue(refusal(401))
    const store = useSession()
    await store.restore()
    expect([store.user, store.hasExpired]).toEqual([null, false])
  })

  it('holds permissions with wildcards', async () => {
    answered.mockResolvedValue(session('a', 'ada', ['plugin.*', 'review.view']))
    await useSession().logIn('ada', 'x', false)
    const { may } = useSession()
    expect([may('plugin.view_all'), may('review.view'), may('review.update'), may('plugins.x')]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})

describe('a renewal', () => {
  it('is made once for however many ask', async () => {
    const store = await loggedIn()
    refreshing.mockResolvedValue(renewed('b'))
    expect(await Promise.all([store.renew(), store.renew(), store.renew()])).toEqual(['b', 'b', 'b'])
    expect(refreshing).toHaveBeenCalledTimes(1)
    expect(store.accessToken).toBe('b')
  })

  it('that is refused ends the login and says so', async () => {
    const store = await loggedIn()
    refreshing.mockRejectedValue(refusal(401))
    expect(await store.renew()).toBeNull()
    expect([store.user, store.accessToken, store.hasExpired]).toEqual([null, null, true])
  })

  it.each([503, undefined])('that meets no server (%s) ends nothing', async (status) => {
    const store = await loggedIn()
    refreshing.mockRejectedValue(status === undefined ? new AxiosError('', 'ERR_NETWORK') : refusal(status))
    expect(await store.renew()).toBeNull()
    expect([store.user?.username, store.hasExpired]).toEqual(['ada', false])
  })

  it('whose answer is lost is asked for once more', async () => {
    const store = await loggedIn()
    refreshing.mockRejectedValueOnce(new AxiosError('', 'ERR_NETWORK'))
    refreshing.mockResolvedValue(renewed('b'))
    expect(await store.renew()).toBe('b')
    expect(store.accessToken).toBe('b')
  })
})

describe('logging out', () => {
  it('ends nothing where the server did not, for its cookie is there yet', async () => {
    const store = await loggedIn()
    answered.mockRejectedValueOnce(new ApiError('away', 0, '', [], ''))
    await expect(store.logOut()).rejects.toThrow('away')
    expect(store.user?.username).toBe('ada')
    answered.mockRejectedValueOnce(new ApiError('ended', 401, 'unauthorized', [], ''))
    await store.logOut()
    expect(store.user).toBeNull()
  })
})

describe('tabs share one login', () => {
  it('and end together', async () => {
    const one = await loggedIn()
    answered.mockResolvedValue(session('b'))
    const other = tab()
    await other.logIn('ada', 'x', false)
    await one.logOut()
    await vi.waitFor(() => expect(other.user).toBeNull())
    expect([one.user, other.accessToken]).toEqual([null, null])
  })

  it('and show whose it is when somebody else logs in', async () => {
    const one = await loggedIn()
    refreshing.mockResolvedValue(renewed('b', 'bob'))
    answered.mockResolvedValue(session('c', 'bob'))
    await tab().logIn('bob', 'x', false)
    await vi.waitFor(() => expect(one.user?.username).toBe('bob'))
    expect(one.accessToken).toBe('b')
  })
})
