/** Who is logged in. Tokens live in this tab, or, where the user asked to be remembered, in this browser. */
import axios from 'axios'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { call, post } from '@/api/client'
import type { Session, User } from '@/api/types'

const KEY = 'microdock.session'

interface Kept {
  access: string
  refresh: string
  user: User
}

export const useSession = defineStore('session', () => {
  const kept = ref<Kept | null>(load())
  /** True once a session ended by itself, until the next login: the login page says why it is shown. */
  const hasExpired = ref(false)
  let renewal: Promise<string | null> | null = null

  const user = computed(() => kept.value?.user ?? null)
  const accessToken = computed(() => kept.value?.access ?? null)

  /** Does one of the role's permissions (`plugin.*`) cover `wanted`? */
  function may(wanted: string): boolean {
    const own = user.value?.permissions ?? []
    return own.some((held) => held === wanted || (held.endsWith('.*') && wanted.startsWith(held.slice(0, -1))))
  }

  async function logIn(username: string, password: string, remember: boolean): Promise<void> {
    const session = await post<Session>('/api/v1/auth/login', { username, password, remember_me: remember })
    hasExpired.value = false
    keep({ access: session.access_token, refresh: session.refresh_token, user: session.user }, remember)
  }

  async function logOut(): Promise<void> {
    try {
      await call({ method: 'POST', url: '/api/v1/auth/logout' })
    } finally {
      forget()
    }
  }

  /** One renewal for however many requests found the token expired. */
  function renew(): Promise<string | null> {
    renewal ??= alone(refreshed).finally(() => {
      renewal = null
    })
    return renewal
  }

  async function refreshed(): Promise<string | null> {
    // Another tab may have renewed a remembered login: its old refresh token is spent, and must not be shown again.
    const stored = load()
    if (stored !== null && stored.access !== kept.value?.access) {
      kept.value = stored
      return stored.access
    }
    const refresh = kept.value?.refresh
    if (refresh === undefined) return null
    try {
      const headers = { Authorization: `Bearer ${refresh}` }
      const answer = await axios.post<{ data: Session }>('/api/v1/auth/refresh', undefined, { headers })
      const session = answer.data.data
      keep({ access: session.access_token, refresh: session.refresh_token, user: session.user }, isRemembered())
      return session.access_token
    } catch (reason) {
      // Only a refusal ends the login; a server that cannot be reached does not.
      if (axios.isAxiosError(reason) && reason.response !== undefined && reason.response.status < 500) {
        forget()
        hasExpired.value = true
      }
      return null
    }
  }

  function keep(value: Kept, remember: boolean): void {
    forget()
    kept.value = value
    const storage = remember ? localStorage : sessionStorage
    storage.setItem(KEY, JSON.stringify(value))
  }

  function forget(): void {
    kept.value = null
    localStorage.removeItem(KEY)
    sessionStorage.removeItem(KEY)
  }

  return { user, accessToken, hasExpired, may, logIn, logOut, renew, forget }
})

/** Run while no other tab does: browsers offer locks to pages that come by HTTPS or from this machine. */
async function alone(act: () => Promise<string | null>): Promise<string | null> {
  const locks = navigator.locks as LockManager | undefined | null
  return locks ? await locks.request('microdock.renewal', act) : await act()
}

function isRemembered(): boolean {
  return localStorage.getItem(KEY) !== null
}

function load(): Kept | null {
  const text = sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY)
  if (text === null) return null
  try {
    return JSON.parse(text) as Kept
  } catch {
    return null
  }
}
