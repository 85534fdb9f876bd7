import { describe, expect, it } from 'vitest'
import type { BatchResult } from '@/api/types'
import { overridableOf, withOutcome, type BatchItem } from '@/lib/batch'

const done = (id: string): BatchItem => ({ review_id: id, success: true, status: 'approved', error: null })

function refused(id: string, slug: string, rule?: string): BatchItem {
  const details = rule === undefined ? [] : [{ field: 'override', rule, entry: null, message: 'nobody else' }]
  return { review_id: id, success: false, status: null, error: { code: 403, slug, message: 'No', details } }
}

function result(...results: BatchItem[]): BatchResult {
  const succeeded = results.filter((item) => item.success).length
  return { results, succeeded, failed: results.length - succeeded }
}

describe('a batch', () => {
  it('offers an override of what nobody else could decide, and of nothing else', () => {
    const own = refused('2', 'own_plugin', 'override_possible')
    const others = [
      refused('3', 'own_submission'),
      refused('4', 'assigned_to_another'),
      refused('5', 'x', 'other_rule'),
    ]
    expect(overridableOf(result(done('1'), own, ...others))).toEqual([own])
  })

  it('tells what became of all of it once some were sent again, in their order', () => {
    const before = result(done('1'), refused('2', 'own_plugin', 'override_possible'), refused('3', 'review_decided'))
    const again = result(done('2'))
    expect(withOutcome(before, again)).toEqual(result(done('1'), done('2'), refused('3', 'review_decided')))
  })

  it('offers no override again where somebody else can decide by now', () => {
    const before = result(refused('1', 'own_plugin', 'override_possible'))
    const after = withOutcome(before, result(refused('1', 'override_refused')))
    expect([after.succeeded, after.failed, overridableOf(after)]).toEqual([0, 1, []])
  })
})
