/** Entries of the audit log, taken apart; and how charts are measured out. */
import { createPinia } from 'pinia'
import { describe, expect, it } from 'vitest'
import { createApp } from 'vue'
import { useAuditWords } from '@/composables/useAuditWords'
import { i18n } from '@/i18n'
import { changesOf, factsOf, placeOf, reasonsOf, sentenceOf, spanOf, startOf } from '@/lib/audit'
import { wholeAxis } from '@/lib/axis'

const target = (type: string, id = 'x', name: string | null = 'n', exists = true) => ({ type, id, name, exists })

describe('an entry', () => {
  it('has one sentence, or one of two', () => {
    expect(sentenceOf({ action: 'plugin.suspended', details: {} })).toBe('plugin.suspended')
    expect(sentenceOf({ action: 'developer.verified', details: { verified: true } })).toBe('developer.verified')
    expect(sentenceOf({ action: 'developer.verified', details: { verified: false } })).toBe('developer.refused')
    expect(sentenceOf({ action: 'plugin.recommended', details: { version: null } })).toBe('plugin.unrecommended')
  })

  it('says what changed, without the section of a setting', () => {
    const changes = { 'review_settings.max_review_time': { from: 5, to: 7 } }
    expect(changesOf({ action: 'system.config_changed', details: { changes } })).toEqual([
      { field: 'max_review_time', before: 5, after: 7 },
    ])
    expect(changesOf({ action: 'user.role_changed', details: { before: 'user', after: 'admin' } })).toEqual([
      { field: 'role', before: 'user', after: 'admin' },
    ])
    expect(changesOf({ action: 'plugin.updated', details: { changes: 'odd' } })).toEqual([])
  })

  it('says why, and what else there is, once', () => {
    const details = { reason: 'r', version: '1.0.0', key: 'abc', automatic: false, file_hash: 'f', tags: [] }
    expect(reasonsOf({ action: 'version.yanked', details })).toEqual([['reason', 'r']])
    expect(factsOf({ action: 'version.yanked', details })).toEqual([['key', 'abc']])
    // Nothing was given.
    expect(reasonsOf({ action: 'plugin.restored', details: {} })).toEqual([])
    const fields = { fields: ['bio'], changes: { bio: { from: '', to: 'x' } } }
    expect(factsOf({ action: 'developer.updated', details: fields })).toEqual([])
    // As entries of earlier versions are.
    expect(factsOf({ action: 'developer.updated', details: { fields: ['bio'] } })).toEqual([['fields', ['bio']]])
  })

  it('leads to the page of its target, and nowhere where that is gone', () => {
    const of = (action: string, one: ReturnType<typeof target>, details = {}) =>
      placeOf({ action, target: one, details })
    expect(of('plugin.suspended', target('plugin', 'com.x.y'))).toEqual({
      name: 'plugin',
      params: { name: 'com.x.y' },
    })
    expect(of('plugin.deleted', target('plugin', 'com.x.y', null, false))).toBeNull()
    expect(of('appeal.approved', target('appeal'))).toEqual({
      name: 'appeals',
      query: { status: 'approved', open: target('appeal').id },
    })
    expect(of('system.maintenance_announced', target('system', 'maintenance'))).toBeNull()
    expect(of('user.disabled', target('user'))).toEqual({ name: 'users', query: { search: 'n' } })
  })
})

describe('a recorded value', () => {
  function words(): ReturnType<typeof useAuditWords> {
    let found: ReturnType<typeof useAuditWords> | undefined
    const app = createApp({
      setup() {
        found = useAuditWords()
        return () => null
      },
    })
    app.use(createPinia()).use(i18n).mount(document.createElement('div'))
    app.unmount()
    return found!
  }

  it('is said in words where it is one of the server, also within another', () => {
    expect(words().value('kind', 'auto_review', {})).toBe('自动审核')
    expect(words().value('files', [{ key: 'a.zip', problem: 'missing' }], {})).toBe('a.zip – 已丢失')
  })
})

describe('spans of time', () => {
  it('begin at midnight and are known again on the same day', () => {
    const now = new Date(2026, 10, 30, 15, 4, 5)
    expect(new Date(startOf('today', now))).toEqual(new Date(2026, 10, 30))
    expect(new Date(startOf('week', now))).toEqual(new Date(2026, 10, 24))
    for (const span of ['today', 'week', 'month'] as const) expect(spanOf(startOf(span, now), '', now)).toBe(span)
    expect(spanOf(startOf('week', now), '2026-11-30T00:00:00Z', now)).toBeNull()
    expect(spanOf('2026-11-30T01:00:00Z', '', now)).toBeNull()
  })
})

describe('an axis of counts', () => {
  it('has whole numbers, few steps, and room for the highest', () => {
    for (const highest of [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 49, 99, 101, 386536]) {
      const { max, step } = wholeAxis(highest)
      expect(Number.isInteger(step) && step >= 1).toBe(true)
      expect(max % step).toBe(0)
      expect(max).toBeGreaterThanOrEqual(Math.max(1, highest))
      expect(max / step).toBeLessThanOrEqual(5)
    }
    expect(wholeAxis(1)).toEqual({ max: 1, step: 1 })
    expect(wholeAxis(12)).toEqual({ max: 15, step: 5 })
  })
})
