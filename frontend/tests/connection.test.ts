import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isThere } from '@/api/client'
import { useConnection } from '@/stores/connection'

vi.mock('@/api/client', () => ({ isThere: vi.fn() }))
const asked = vi.mocked(isThere)

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  asked.mockReset().mockResolvedValue(false)
})
afterEach(() => vi.useRealTimers())

describe('the connection', () => {
  it('is active while a request or a navigation is on its way', () => {
    const connection = useConnection()
    connection.began()
    connection.began()
    connection.ended('answered')
    expect(connection.isActive).toBe(true)
    connection.ended('cancelled')
    expect(connection.isActive).toBe(false)
    connection.isNavigating = true
    expect([connection.isActive, connection.isDown]).toEqual([true, false])
  })

  it('is asked again with pauses that grow up to half a minute, until the server is back', async () => {
    const connection = useConnection()
    connection.began()
    connection.ended('unreachable')
    const pauses = []
    for (let turn = 0; turn < 7; turn += 1) {
      pauses.push(connection.seconds)
      await vi.advanceTimersByTimeAsync(connection.seconds * 1_000)
      expect(asked).toHaveBeenCalledTimes(turn + 1)
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30])
    asked.mockResolvedValue(true)
    await connection.tryNow()
    expect([connection.isDown, connection.returns]).toEqual([false, 1])
    asked.mockClear()
    await vi.advanceTimersByTimeAsync(120_000)
    expect(asked).not.toHaveBeenCalled()
  })

  it('is there again as soon as any request is answered', () => {
    const connection = useConnection()
    connection.began()
    connection.ended('unreachable')
    expect(connection.isDown).toBe(true)
    connection.began()
    connection.ended('answered')
    expect([connection.isDown, connection.returns]).toEqual([false, 1])
  })

  it('tells a page that did not come from a server that is away', async () => {
    const connection = useConnection()
    asked.mockResolvedValue(true)
    await connection.lacks('/admin/users')
    expect([connection.missing, connection.isDown]).toEqual(['/admin/users', false])
    asked.mockResolvedValue(false)
    await connection.lacks('/admin/users')
    expect([connection.missing, connection.isDown, connection.isActive]).toEqual(['/admin/users', true, false])
  })
})
