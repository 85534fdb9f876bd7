/**
 * Who is logged in. The refresh token is in a cookie that no script can read, so that all tabs share one login; the
 * access token is in this tab's memory and nowhere else. Nothing of a login is in web storage.
 *
 * Beside that cookie stands one without a secret, by which a page knows whether there is a login to continue.
 */
import axios from 'axios'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { DataOf } from '@/api/address'
import { get, post } from '@/api/client'
import { ApiError } from '@/api/errors'
import type { Session, User } from '@/api/types'

const CHANNEL = 'microdock.session'
const REFRESH = '/api/v1/auth/refresh'
const MARK = 'microdock_login=1'
/** If an answer is lost, the same request gets the same answer within half a minute. */
const RETRY_MS = 1_000

type News = { type: 'began'; user: string } | { type: 'ended' }

export const useSession = defineStore('session', () => {
  const user = ref<User | null>(null)
  const accessToken = ref<string | null>(null)
  /** True once a session ended by itself, until the next login: the login page then explains it. */
  const hasExpired = ref(false)
  /** Is the password still the documented one of a new server? As far as it was asked (see learn). */
  const hasDefaultPassword = ref(false)
  let renewal: Promise<string | null> | null = null
  let isChanging = false
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(CHANNEL)
  if (channel !== null) channel.onmessage = (event: MessageEvent<News>) => void hear(event.data)

  /** Does one of the role's permissions (`plugin.*`) cover `wanted`? */
  function may(wanted: string): boolean {
    const own = user.value?.permissions ?? []
    return own.some((held) => held === wanted || (held.endsWith('.*') && wanted.startsWith(held.slice(0, -1))))
  }

  /** Does the role have one of these permissions? True if none is needed. */
  function mayAny(needs: readonly string[] = []): boolean {
    return needs.length === 0 || needs.some(may)
  }

  /** Continue the login that this browser has, if any. An unreachable server is asked again by the next request. */
  async function restore(): Promise<void> {
    if (hasMark()) await renew()
    hasExpired.value = false
  }

  async function logIn(username: string, password: string, remember: boolean): Promise<void> {
    const body = { username, password, remember_me: remember, cookie: true }
    const session = await post('/api/v1/auth/login', body)
    hasExpired.value = false
    take(session)
    tell({ type: 'began', user: session.user.id })
  }

  /** Ask whether the password is the documented one. */
  async function learn(): Promise<void> {
    const visitor = await get('/api/v1/auth/session')
    hasDefaultPassword.value = visitor.has_default_password
  }

  /**
   * Change one's own password, which ends all logins, and log in anew. Raises ApiError if it is refused.
   *
   * Other tabs' renewals wait meanwhile, and go on with the new login.
   */
  async function changePassword(old: string, wanted: string, remember: boolean): Promise<void> {
    // While no tab may renew, an access token that has expired could not be replaced.
    await renew()
    isChanging = true
    try {
      await alone(async () => {
        const body = { old_password: old, new_password: wanted }
        await post('/api/v1/auth/password', body)
        hasDefaultPassword.value = false
        await logIn(user.value?.username ?? '', wanted, remember)
      })
    } finally {
      isChanging = false
    }
  }

  /** End the login, in all tabs. Raises ApiError where the server did not: the login goes on then, and is shown. */
  async function logOut(): Promise<void> {
    try {
      await post('/api/v1/auth/logout')
    } catch (reason) {
      // What the server does not know has ended.
      if (!(reason instanceof ApiError && reason.status === 401)) throw reason
    }
    forget()
    tell({ type: 'ended' })
  }

  /** A single renewal, shared by all requests that found the token expired. */
  async function renew(): Promise<string | null> {
    if (isChanging) return null
    renewal ??= alone(refreshed).finally(() => {
      renewal = null
    })
    return await renewal
  }

  async function refreshed(): Promise<string | null> {
    try {
      const session = await exchanged()
      take(session)
      return session.access_token
    } catch (reason) {
      // Only a refusal ends the login; an unreachable server does not.
      if (isAnswered(reason)) {
        forget()
        hasExpired.value = true
      }
      return null
    }
  }

  function tell(news: News): void {
    channel?.postMessage(news)
  }

  /** Another tab logged in or out: the browser has one login, and this tab shows whose it is. */
  async function hear(news: News): Promise<void> {
    if (news.type === 'ended') forget()
    else {
      if (news.user !== user.value?.id) await renew()
      await learn().catch(() => undefined)
    }
  }

  function take(session: Session): void {
    accessToken.value = session.access_token
    user.value = session.user
  }

  function forget(): void {
    accessToken.value = null
    user.value = null
    hasDefaultPassword.value = false
  }

  return {
    user: computed(() => user.value),
    accessToken: computed(() => accessToken.value),
    hasExpired,
    hasDefaultPassword: computed(() => hasDefaultPassword.value),
    may,
    mayAny,
    restore,
    logIn,
    learn,
    changePassword,
    logOut,
    renew,
    forget,
  }
})

/** New tokens for the cookie's; asked for once more if no answer came, which gives the same ones. */
async function exchanged(): Promise<Session> {
  const request = () => axios.post<{ data: DataOf<'post', typeof REFRESH> }>(REFRESH)
  const answer = await request().catch(async (reason: unknown) => {
    if (isAnswered(reason)) throw reason
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    return request()
  })
  return answer.data.data
}

/** Did the server reject the token? */
function isAnswered(reason: unknown): boolean {
  if (!axios.isAxiosError(reason) || reason.response === undefined) return false
  return reason.response.status < 500 && reason.response.status !== 408 && reason.response.status !== 429
}

/** Run while no other tab does: browsers offer locks only to pages from HTTPS or from this machine. */
async function alone<T>(act: () => Promise<T>): Promise<T> {
  const locks = navigator.locks as LockManager | undefined | null
  return locks ? await locks.request('microdock.renewal', act) : await act()
}

function hasMark(): boolean {
  return document.cookie.split('; ').includes(MARK)
}
