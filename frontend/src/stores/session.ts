/**
 * Who is logged in. Tokens are kept in this tab or, if the user asked to be remembered, in this browser.
 *
 * A refresh token can be used once; using it again after half a minute ends the login. A duplicated tab has a
 * copy of it, so the tabs of one login announce every renewal to each other, and ask before they renew.
 */
import axios from 'axios'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { call, post } from '@/api/client'
import type { Session, User } from '@/api/types'

const KEY = 'microdock.session'
const CHANNEL = 'microdock.session'
/** How long other tabs have to answer that one of them has renewed the login already. */
const ANSWER_MS = 150
/** If an answer is lost, the same request gets the same answer within half a minute. */
const RETRY_MS = 1_000

interface StoredSession {
  access: string
  refresh: string
  user: User
}

type News =
  | { type: 'began'; user: string; login: string }
  | { type: 'renewed'; kept: StoredSession }
  | { type: 'asked'; login: string; refresh: string }
  | { type: 'ended'; login: string }

export const useSession = defineStore('session', () => {
  const kept = ref<StoredSession | null>(load())
  /** True once a session ended by itself, until the next login: the login page then explains it. */
  const hasExpired = ref(false)
  let renewal: Promise<string | null> | null = null
  let heard: (() => void) | null = null
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(CHANNEL)
  if (channel !== null) channel.onmessage = (event: MessageEvent<string>) => hear(JSON.parse(event.data) as News)

  const user = computed(() => kept.value?.user ?? null)
  const accessToken = computed(() => kept.value?.access ?? null)

  /** Does one of the role's permissions (`plugin.*`) cover `wanted`? */
  function may(wanted: string): boolean {
    const own = user.value?.permissions ?? []
    return own.some((held) => held === wanted || (held.endsWith('.*') && wanted.startsWith(held.slice(0, -1))))
  }

  /** Does the role have one of these permissions? True if none is needed. */
  function mayAny(needs: readonly string[] = []): boolean {
    return needs.length === 0 || needs.some(may)
  }

  async function logIn(username: string, password: string, remember: boolean): Promise<void> {
    const session = await post<Session>('/api/v1/auth/login', { username, password, remember_me: remember })
    hasExpired.value = false
    kept.value = { access: session.access_token, refresh: session.refresh_token, user: session.user }
    localStorage.removeItem(KEY)
    sessionStorage.removeItem(KEY)
    const storage = remember ? localStorage : sessionStorage
    storage.setItem(KEY, JSON.stringify(kept.value))
    if (remember) tell({ type: 'began', user: session.user.id, login: loginOf(kept.value) })
  }

  async function logOut(): Promise<void> {
    try {
      await call({ method: 'POST', url: '/api/v1/auth/logout' })
    } finally {
      forget()
    }
  }

  /** A single renewal, shared by all requests that found the token expired. */
  function renew(): Promise<string | null> {
    renewal ??= alone(refreshed).finally(() => {
      renewal = null
    })
    return renewal
  }

  async function refreshed(): Promise<string | null> {
    // Another tab may have renewed a remembered login: its old refresh token was used, and must not be sent again.
    const stored = load()
    if (stored !== null && stored.user.id !== kept.value?.user.id) {
      keepToTab()
    } else if (stored !== null && stored.access !== kept.value?.access) {
      kept.value = stored
      return stored.access
    }
    if (kept.value === null) return null
    const spent = kept.value.refresh
    await ask(kept.value)
    if (kept.value?.refresh !== spent) return accessToken.value
    try {
      const session = await exchanged(spent)
      // Logged out before the answer arrived.
      if ((kept.value as StoredSession | null)?.refresh !== spent) return accessToken.value
      const value = { access: session.access_token, refresh: session.refresh_token, user: session.user }
      take(value)
      tell({ type: 'renewed', kept: value })
      return value.access
    } catch (reason) {
      // Only a refusal ends the login; an unreachable server does not.
      if (isAnswered(reason)) {
        forget()
        hasExpired.value = true
      }
      return null
    }
  }

  /** Ask the other tabs for a newer renewal of this login, and wait briefly for an answer. */
  async function ask(own: StoredSession): Promise<void> {
    if (channel === null) return
    const answer = new Promise<void>((resolve) => {
      heard = resolve
      setTimeout(resolve, ANSWER_MS)
    })
    tell({ type: 'asked', login: loginOf(own), refresh: own.refresh })
    await answer
    heard = null
  }

  function tell(news: News): void {
    // As text: reactive objects cannot be cloned.
    channel?.postMessage(JSON.stringify(news))
  }

  function hear(news: News): void {
    const own = kept.value
    if (own === null) return
    if (news.type === 'began' && news.user !== own.user.id) {
      keepToTab()
    } else if (
      news.type === 'renewed' &&
      loginOf(news.kept) === loginOf(own) &&
      isNewer(news.kept.refresh, own.refresh)
    ) {
      take(news.kept)
      heard?.()
    } else if (news.type === 'asked' && news.login === loginOf(own) && isNewer(own.refresh, news.refresh)) {
      tell({ type: 'renewed', kept: own })
    } else if (news.type === 'ended' && news.login === loginOf(own)) {
      drop(own)
    }
  }

  /** This browser now remembers another login: this tab keeps its own, and announces nothing under the other one. */
  function keepToTab(): void {
    if (kept.value !== null) sessionStorage.setItem(KEY, JSON.stringify(kept.value))
  }

  /** Continue with renewed tokens, stored where the login was stored. */
  function take(value: StoredSession): void {
    const storage = isOfTab() ? sessionStorage : localStorage
    kept.value = value
    storage.setItem(KEY, JSON.stringify(value))
  }

  function forget(): void {
    const own = kept.value
    if (own === null) return
    drop(own)
    tell({ type: 'ended', login: loginOf(own) })
  }

  /** If this browser remembers another login besides this tab's, that one is kept. */
  function drop(own: StoredSession): void {
    kept.value = null
    sessionStorage.removeItem(KEY)
    const remembered = parsed(localStorage.getItem(KEY))
    if (remembered === null || loginOf(remembered) === loginOf(own)) localStorage.removeItem(KEY)
  }

  return { user, accessToken, hasExpired, may, mayAny, logIn, logOut, renew, forget }
})

/** New tokens for a refresh token; asked for once more if no answer came, which gives the same ones. */
async function exchanged(refresh: string): Promise<Session> {
  const headers = { Authorization: `Bearer ${refresh}` }
  const request = () => axios.post<{ data: Session }>('/api/v1/auth/refresh', undefined, { headers })
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
async function alone(act: () => Promise<string | null>): Promise<string | null> {
  const locks = navigator.locks as LockManager | undefined | null
  return locks ? await locks.request('microdock.renewal', act) : await act()
}

/** Does the login belong to this tab, and not to the browser? */
function isOfTab(): boolean {
  return sessionStorage.getItem(KEY) !== null
}

function load(): StoredSession | null {
  return parsed(sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY))
}

function parsed(text: string | null): StoredSession | null {
  if (text === null) return null
  try {
    return JSON.parse(text) as StoredSession
  } catch {
    return null
  }
}

interface Claims {
  fam?: string
  iat?: number
}

/** What all tokens of one login have in common, however often it was renewed. */
function loginOf(kept: StoredSession): string {
  return claimsOf(kept.refresh).fam ?? kept.refresh
}

/** Is `one` a later token of the chain than `other`? */
function isNewer(one: string, other: string): boolean {
  return one !== other && (claimsOf(one).iat ?? 0) >= (claimsOf(other).iat ?? 0)
}

function claimsOf(token: string): Claims {
  try {
    return JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))) as Claims
  } catch {
    return {}
  }
}
