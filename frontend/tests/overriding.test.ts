import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import { i18n, speak } from '@/i18n'
import { overriding } from '@/lib/overriding'

const possible = { field: 'override', rule: 'override_possible', message: 'nobody else' }
const refused = (slug: string, details = [possible]) => new ApiError('Not your own', 403, slug, details, 'r1')

const element = <T extends HTMLElement>(selector: string) => document.querySelector<T>(`.el-message-box ${selector}`)

/** What is on the screen once the dialog asks. */
async function dialog(): Promise<{ text: string; write(text: string): Promise<void>; yes(): void; no(): void }> {
  await vi.waitFor(() => expect(element('textarea')).not.toBeNull())
  return {
    text: document.querySelector('.el-message-box')?.textContent ?? '',
    async write(text) {
      const field = element<HTMLTextAreaElement>('textarea') as HTMLTextAreaElement
      field.value = text
      field.dispatchEvent(new Event('input'))
      await Promise.resolve()
    },
    yes: () => element('.el-button--primary')?.click(),
    no: () => element('.el-message-box__btns .el-button:not(.el-button--primary)')?.click(),
  }
}

beforeEach(async () => {
  document.body.innerHTML = ''
  await speak('en')
})

describe('a decision', () => {
  it('is sent as it is, where nothing stands against it', async () => {
    const send = vi.fn().mockResolvedValue('done')
    expect(await overriding(send)).toBe('done')
    expect(send.mock.calls).toEqual([[{}]])
  })

  it.each(['own_plugin', 'own_submission', 'own_decision'])(
    'refused as %s is sent again with the reason that was given',
    async (slug) => {
      const send = vi.fn().mockRejectedValueOnce(refused(slug)).mockResolvedValue('done')
      const sent = overriding(send)
      const box = await dialog()
      expect(box.text).toContain('Not your own')
      expect(box.text).toContain(i18n.global.t('reviews.override.ask'))
      await box.write('  I am alone here\n')
      box.yes()
      expect(await sent).toBe('done')
      expect(send.mock.calls).toEqual([[{}], [{ override: true, reason: 'I am alone here' }]])
    },
  )

  it.each([
    ['', 'Required'],
    [' \n ', 'Required'],
    ['x'.repeat(2001), 'At most 2000 characters'],
  ])('is not sent again with a reason that the server would not take', async (reason, error) => {
    const send = vi.fn().mockRejectedValue(refused('own_plugin'))
    const sent = overriding(send)
    sent.catch(() => undefined)
    const box = await dialog()
    await box.write(reason)
    box.yes()
    await vi.waitFor(() => expect(element('.el-message-box__errormsg')?.textContent).toBe(error))
    box.no()
    await expect(sent).rejects.toMatchObject({ slug: 'own_plugin' })
    expect(send).toHaveBeenCalledTimes(1)
  })

  it('stays refused without a question, where somebody else could decide', async () => {
    const refusal = refused('own_submission', [])
    const send = vi.fn().mockRejectedValue(refusal)
    await expect(overriding(send)).rejects.toBe(refusal)
    expect(send).toHaveBeenCalledTimes(1)
    expect(document.querySelector('.el-message-box')).toBeNull()
  })

  it('hears what the override was refused for', async () => {
    const late = new ApiError('Somebody else can', 409, 'override_refused', [], 'r2')
    const send = vi.fn().mockRejectedValueOnce(refused('own_plugin')).mockRejectedValueOnce(late)
    const sent = overriding(send)
    sent.catch(() => undefined)
    const box = await dialog()
    await box.write('alone')
    box.yes()
    await expect(sent).rejects.toBe(late)
  })
})
