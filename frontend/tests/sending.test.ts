import { ElMessage } from 'element-plus'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick } from 'vue'
import { ApiError } from '@/api/errors'
import { useAct } from '@/composables/useAct'
import { useSending } from '@/composables/useSending'

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

  it('goes from one phase to the next, and says which button sends', async () => {
    const { phase, send, isSending } = useSending()
    const phases = [phase.value]
    const first = send(() => Promise.resolve(), undefined, 'save')
    phases.push(phase.value)
    expect([isSending('save'), isSending('other')]).toEqual([true, false])
    await first
    phases.push(phase.value)
    expect(isSending('save')).toBe(false)
    await send(refuse)
    phases.push(phase.value)
    expect(phases).toEqual(['idle', 'sending', 'done', 'refused'])
  })

  it.each([
    [0, '', 'unreachable'],
    [502, '', 'unreachable'],
    [503, 'unavailable', 'unreachable'],
    [504, '', 'unreachable'],
    [503, 'database_busy', 'refused'],
    [429, '', 'refused'],
    [500, '', 'refused'],
  ])('tells an answer %i %s from none: %s', async (status, slug, expected) => {
    const { phase, send } = useSending()
    await send(() => Promise.reject(new ApiError('no', status, slug, [], '')))
    expect(phase.value).toBe(expected)
  })

  it('tells of an answer that comes when its form is gone, and does nothing else', async () => {
    const scope = effectScope()
    const refused = vi.fn()
    const { send } = scope.run(() => useSending(refused))!
    let answer: (reason: Error) => void = () => {}
    const late = send(() => new Promise((_, reject) => (answer = reject)))
    scope.stop()
    answer(new Error('too late'))
    expect(await late).toBe(false)
    expect(refused).not.toHaveBeenCalled()
    expect(ElMessage).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ type: 'error' }))
  })

  it('gives the focus back to the button that sent', async () => {
    const button = document.body.appendChild(document.createElement('button'))
    button.getClientRects = () => [{}] as unknown as DOMRectList
    button.focus()
    const { send } = useSending()
    await send(async () => button.blur())
    await nextTick()
    expect(document.activeElement).toBe(button)
    button.remove()
  })

  it('on a click shows a refusal in a message that stays', async () => {
    const { busy, act } = useAct()
    expect([await act(refuse, 'Saved'), busy.value]).toEqual([false, false])
    expect(ElMessage).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ type: 'error', duration: 0 }))
    expect(ElMessage.success).not.toHaveBeenCalled()
  })
})
