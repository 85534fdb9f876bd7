import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { get } from '@/api/client'
import { useLive } from '@/stores/live'

vi.mock('@/api/client', () => ({ get: vi.fn(), post: vi.fn() }))

class FakeSocket {
  static readonly CONNECTING = 0
  static opened: FakeSocket[] = []
  readyState = 1
  isClosed = false
  sent: Record<string, unknown>[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null

  constructor(readonly url: string) {
    FakeSocket.opened.push(this)
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>)
  }

  close(): void {
    this.isClosed = true
    this.onclose?.({ code: 1000 })
  }

  hear(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  welcome(): void {
    this.onopen?.()
    this.hear({ type: 'auth_ok', last_id: 7 })
  }
}

function last(): FakeSocket {
  return FakeSocket.opened.at(-1) as FakeSocket
}

function ring(id: number): object {
  return { type: 'notification', id, event: 'x', data: { message: `text ${id}` }, timestamp: '2026-01-01T00:00:00Z' }
}

/** Welcomed, and what was there before loaded. */
async function started(): Promise<void> {
  useLive().start()
  last().welcome()
  await vi.advanceTimersByTimeAsync(0)
}

const known = { id: 7, event: 'x', data: {}, message: 'known', read: false, created_at: '2026-01-01T00:00:00Z' }

beforeEach(() => {
  vi.useFakeTimers()
  FakeSocket.opened = []
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.mocked(get).mockResolvedValue({ notifications: [known], unread_count: 1, stats: { total_pending: 3 } })
  setActivePinia(createPinia())
})

afterEach(() => {
  useLive().stop()
  vi.useRealTimers()
})

describe('the bell', () => {
  it('starts over where the server knows less than it has heard', async () => {
    await started()
    last().hear(ring(9))
    expect(useLive().unread).toBe(2)
    last().onclose?.({ code: 1001 })
    await vi.advanceTimersByTimeAsync(1_000)
    const read = { ...known, id: 3 }
    vi.mocked(get).mockResolvedValue({ notifications: [read], unread_count: 1, stats: { total_pending: 0 } })
    last().onopen?.()
    expect(last().sent[0]).toMatchObject({ last_id: 9 })
    last().hear({ type: 'auth_ok', last_id: 3, resync: true })
    last().hear(ring(3))
    await vi.advanceTimersByTimeAsync(0)
    expect(useLive().notifications).toEqual([read])
    expect(useLive().unread).toBe(1)
    last().hear(ring(4))
    expect(useLive().notifications.map((row) => row.id)).toEqual([4, 3])
  })

  it('hears all from the welcome on, and loads what was before', async () => {
    await started()
    expect(last().sent[0]).toEqual({ type: 'auth', token: null, language: 'en' })
    expect(useLive().isLive).toBe(true)
    expect(useLive().notifications).toEqual([known])
    expect([useLive().unread, useLive().waiting]).toEqual([1, 0])
  })

  it('keeps what rings while the list is on its way', async () => {
    useLive().start()
    last().welcome()
    last().hear(ring(8))
    await vi.advanceTimersByTimeAsync(0)
    expect(useLive().notifications.map((row) => row.id)).toEqual([8, 7])
    expect(useLive().unread).toBe(2)
  })

  it('rings once for each, newest first', async () => {
    await started()
    last().hear(ring(8))
    last().hear(ring(9))
    last().hear(ring(9))
    expect(useLive().notifications.map((row) => row.message)).toEqual(['text 9', 'text 8', 'known'])
    expect(useLive().unread).toBe(3)
  })

  it('comes back, waiting longer each time, and asks for what it missed', async () => {
    await started()
    last().hear(ring(12))
    last().onclose?.({ code: 1001 })
    expect(useLive().state).toBe('waiting')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(FakeSocket.opened).toHaveLength(2)
    last().onclose?.({ code: 1006 })
    await vi.advanceTimersByTimeAsync(1_999)
    expect(FakeSocket.opened).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(1)
    last().welcome()
    expect(last().sent[0]).toMatchObject({ last_id: 12 })
    expect(useLive().isLive).toBe(true)
  })

  it('is quiet once stopped', async () => {
    await started()
    useLive().stop()
    await vi.advanceTimersByTimeAsync(120_000)
    expect(FakeSocket.opened).toHaveLength(1)
    expect([useLive().state, useLive().unread, useLive().notifications]).toEqual(['off', 0, []])
  })

  it('is not closed before it is open', async () => {
    useLive().start()
    const opening = last()
    opening.readyState = FakeSocket.CONNECTING
    useLive().stop()
    expect(opening.isClosed).toBe(false)
    opening.onopen?.()
    expect([opening.isClosed, opening.sent]).toEqual([true, []])
  })

  it('shows nothing to who left while the list was on its way', async () => {
    useLive().start()
    last().welcome()
    useLive().stop()
    await vi.advanceTimersByTimeAsync(0)
    expect(useLive().notifications).toEqual([])
  })

  it('keeps the connection warm', async () => {
    await started()
    await vi.advanceTimersByTimeAsync(61_000)
    expect(last().sent.filter((one) => one.type === 'ping')).toHaveLength(2)
  })
})
