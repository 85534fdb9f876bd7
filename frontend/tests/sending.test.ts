import { ElMessage } from 'element-plus'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { useAct } from '@/lib/act'
import { useSending } from '@/lib/sending'

vi.mock('element-plus', async (original) => {
  const say = Object.assign(vi.fn(), { success: vi.fn() })
  return { ...(await original<object>()), ElMessage: say }
})

afterEach(() => vi.clearAllMocks())

const refuse = () => Promise.reject(new Error('no'))

describe('sending', () => {
  it('says that it is done, and only where there is something to say', async () => {
    const { busy, send } = useSending()
    const done = send(() => Promise.resolve(), 'Saved')
    expect(busy.value).toBe(true)
    expect([await done, busy.value]).toEqual([true, false])
    expect(ElMessage.success).toHaveBeenCalledExactlyOnceWith('Saved')
    await send(() => Promise.resolve())
    expect(ElMessage.success).toHaveBeenCalledOnce()
  })

  it('keeps a refusal until it is tried again, and shows nothing of its own', async () => {
    const { error, busy, send } = useSending()
    expect([await send(refuse), busy.value]).toEqual([false, false])
    expect(error.value).toEqual(new Error('no'))
    expect(ElMessage).not.toHaveBeenCalled()
    await send(() => Promise.resolve())
    expect(error.value).toBeNull()
  })

  it('sends nothing while it waits for an answer', async () => {
    const { send } = useSending()
    const second = vi.fn()
    const first = send(() => Promise.resolve())
    expect([await send(second), await first]).toEqual([false, true])
    expect(second).not.toHaveBeenCalled()
  })

  it('on a click shows a refusal in a message that stays', async () => {
    const { busy, act } = useAct()
    expect([await act(refuse, 'Saved'), busy.value]).toEqual([false, false])
    expect(ElMessage).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ type: 'error', duration: 0 }))
    expect(ElMessage.success).not.toHaveBeenCalled()
  })
})
