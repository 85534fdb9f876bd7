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

/** A token that says which login it belongs to and when it was made. */
function token(fam: string, iat: number): string {
  return `x.${btoa(JSON.stringify({ fam, iat }))}.x`
}

function renewed(fam: string, iat: number) {
  return { ...session(`${fam}${iat}`), refresh_token: token(fam, iat) }
}

/** A tab like the one before, with a copy of what that holds: as a browser duplicates it. */
function duplicated() {
  setActivePinia(createPinia())
  return useSession()
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

describe('tabs of one login', () => {
  it('go on together when one of them renews it', async () => {
    answered.mockResolvedValue(renewed('f', 1))
    const one = useSession()
    await one.logIn('ada', 'x', false)
    const other = duplicated()
    refreshing.mockResolvedValue({ data: { data: renewed('f', 2) } })
    expect(await one.renew()).toBe('f2')
    await vi.waitFor(() => expect(other.accessToken).toBe('f2'))
    expect(refreshing).toHaveBeenCalledTimes(1)
  })

  it('ask the others before they show a token that may be spent', async () => {
    answered.mockResolvedValue(renewed('h', 1))
    await useSession().logIn('ada', 'x', false)
    const asleep = duplicated()
    const other = new BroadcastChannel('microdock.session')
    const { user } = session('')
    other.onmessage = ({ data }: MessageEvent<string>) => {
      const news = JSON.parse(data) as { type: string; login: string }
      const kept = { access: 'h5', refresh: token('h', 5), user }
      if (news.type === 'asked' && news.login === 'h') other.postMessage(JSON.stringify({ type: 'renewed', kept }))
    }
    expect(await asleep.renew()).toBe('h5')
    expect(refreshing).not.toHaveBeenCalled()
    other.close()
  })

  it('end together, and another login does not', async () => {
    answered.mockResolvedValue(renewed('i', 1))
    const one = useSession()
    await one.logIn('ada', 'x', false)
    const copy = duplicated()
    answered.mockResolvedValue(renewed('g', 1))
    const stranger = duplicated()
    await stranger.logIn('ada', 'x', false)
    await one.logOut()
    await vi.waitFor(() => expect(copy.user).toBeNull())
    expect(stranger.user?.username).toBe('ada')
  })
})

describe('somebody else who logs in beside', () => {
  function of(name: string, fam: string) {
    const value = renewed(fam, 1)
    return { ...value, user: { ...value.user, id: name, username: name } }
  }

  it('takes the place in this browser, and no tab goes on as somebody else than it shows', async () => {
    answered.mockResolvedValue(of('ada', 'j'))
    const first = useSession()
    await first.logIn('ada', 'x', true)
    answered.mockResolvedValue(of('bob', 'k'))
    await duplicated().logIn('bob', 'x', true)
    // The stores share this window's storage: what the first wrote for its tab is told by where it stands.
    await vi.waitFor(() => expect(sessionStorage.getItem('microdock.session')).toContain('ada'))
    expect(localStorage.getItem('microdock.session')).toContain('bob')
    refreshing.mockResolvedValue({ data: { data: { ...of('ada', 'j'), access_token: 'j2' } } })
    expect(await first.renew()).toBe('j2')
    expect([first.user?.username, localStorage.getItem('microdock.session')?.includes('bob')]).toEqual(['ada', true])
  })

  it('is not taken for oneself where nothing was heard of it', async () => {
    answered.mockResolvedValue(of('ada', 'l'))
    const first = useSession()
    await first.logIn('ada', 'x', true)
    const { user } = of('bob', 'm')
    localStorage.setItem('microdock.session', JSON.stringify({ access: 'm1', refresh: token('m', 1), user }))
    refreshing.mockResolvedValue({ data: { data: { ...of('ada', 'l'), access_token: 'l2' } } })
    expect(await first.renew()).toBe('l2')
    expect(first.user?.username).toBe('ada')
  })
})

describe('an answer that is lost', () => {
  it('is asked for once more, with the same token', async () => {
    answered.mockResolvedValue(session('a'))
    await useSession().logIn('ada', 'x', false)
    refreshing.mockRejectedValueOnce(new AxiosError('', 'ERR_NETWORK'))
    refreshing.mockResolvedValue({ data: { data: session('b') } })
    expect(await useSession().renew()).toBe('b')
    const [first, second] = refreshing.mock.calls
    expect(first).toEqual(second)
  })
})
