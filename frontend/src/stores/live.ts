/** Live notifications over `/ws`, with reconnection and replay of missed ones, and the badge of the queue. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { get, post } from '@/api/client'
import type { Notification } from '@/api/types'
import { LANGUAGES } from '@/i18n'
import { usePreferences } from './preferences'
import { useSession } from './session'

const SHOWN = 20
const PING_MS = 30_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000
const TOKEN_ENDED = 4401

export type State = 'off' | 'connecting' | 'live' | 'waiting'

type Message =
  | { type: 'auth_ok'; last_id: number; resync?: boolean }
  | { type: 'notification'; id: number; event: string; data: Record<string, unknown>; timestamp: string }
  | { type: 'pong' }
  | { type: 'error'; message: string }

export const useLive = defineStore('live', () => {
  const session = useSession()
  const preferences = usePreferences()

  const state = ref<State>('off')
  const notifications = ref<Notification[]>([])
  const unread = ref(0)
  const waiting = ref(0)
  const isLive = computed(() => state.value === 'live')

  let socket: WebSocket | null = null
  let lastId: number | null = null
  /** Notifications up to this id are in the loaded list, and ignored if they are sent again. */
  let loadedTo = 0
  let retry: ReturnType<typeof setTimeout> | undefined
  let ping: ReturnType<typeof setInterval> | undefined
  let delay = FIRST_RETRY_MS

  /** Connect, and load earlier notifications. Safe to call again. */
  function start(): void {
    if (state.value !== 'off') return
    connect()
    void countWaiting().catch(() => undefined)
  }

  function stop(): void {
    state.value = 'off'
    clearTimeout(retry)
    clearInterval(ping)
    if (socket !== null) leave(socket)
    socket = null
    lastId = null
    loadedTo = 0
    notifications.value = []
    unread.value = 0
    waiting.value = 0
  }

  async function load(): Promise<void> {
    const page = await get('/api/v1/notifications', { limit: SHOWN })
    if (state.value === 'off') return
    const newest = Math.max(0, ...page.notifications.map((row) => row.id))
    // Notifications that arrived while the list was loading.
    const rung = notifications.value.filter((row) => row.id > newest)
    notifications.value = [...rung, ...page.notifications].sort((a, b) => b.id - a.id)
    unread.value = page.unread_count + rung.length
  }

  async function countWaiting(): Promise<void> {
    if (!session.may('review.view')) return
    const queue = await get('/api/v1/admin/reviews/queue', { limit: 1 })
    waiting.value = queue.stats.total_pending
  }

  async function readAll(): Promise<void> {
    await post('/api/v1/notifications/read', { all: true })
    notifications.value = notifications.value.map((row) => ({ ...row, read: true }))
    unread.value = 0
  }

  function connect(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const opened = new WebSocket(`${scheme}://${location.host}/ws`)
    socket = opened
    state.value = 'connecting'
    opened.onopen = () => {
      const hello: Record<string, unknown> = { type: 'auth', token: session.accessToken }
      if (lastId !== null) hello.last_id = lastId
      hello.language = LANGUAGES.find(({ tag }) => tag === preferences.language)?.code
      opened.send(JSON.stringify(hello))
    }
    opened.onmessage = (event) => hear(JSON.parse(String(event.data)) as Message)
    opened.onclose = (event) => {
      if (socket === opened) void comeBack(event.code)
    }
  }

  function hear(message: Message): void {
    if (message.type === 'auth_ok') {
      state.value = 'live'
      if (lastId === null || message.resync === true) {
        // From here on notifications arrive live; earlier ones are loaded. This is also needed if the server was
        // restored from a backup that is older than what we have seen.
        lastId = loadedTo = message.last_id
        if (message.resync === true) notifications.value = []
        void load().catch(() => undefined)
      }
      delay = FIRST_RETRY_MS
      clearInterval(ping)
      ping = setInterval(() => socket?.send(JSON.stringify({ type: 'ping' })), PING_MS)
    } else if (message.type === 'notification') {
      lastId = Math.max(lastId ?? 0, message.id)
      if (message.id <= loadedTo) return
      if (notifications.value.some((row) => row.id === message.id)) return
      const text = typeof message.data.message === 'string' ? message.data.message : message.event
      const row: Notification = {
        id: message.id,
        event: message.event,
        data: message.data,
        message: text,
        read: false,
        created_at: message.timestamp,
      }
      notifications.value = [row, ...notifications.value].slice(0, SHOWN)
      unread.value += 1
      void countWaiting().catch(() => undefined)
    }
  }

  async function comeBack(code: number): Promise<void> {
    clearInterval(ping)
    socket = null
    if (state.value === 'off') return
    state.value = 'waiting'
    if (code === TOKEN_ENDED && (await session.renew()) === null && session.user === null) {
      stop()
      return
    }
    retry = setTimeout(connect, delay)
    delay = Math.min(delay * 2, LAST_RETRY_MS)
  }

  return { state, isLive, notifications, unread, waiting, start, stop, readAll, countWaiting }
})

/** Close the socket; while it is still connecting, wait for that first: browsers warn of an earlier close. */
function leave(socket: WebSocket): void {
  socket.onmessage = null
  socket.onclose = null
  if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close()
  else socket.close()
}
