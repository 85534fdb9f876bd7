/** What became of a batch: which items an override would decide, and the whole once they were sent again. */
import type { BatchResult } from '@/api/types'
import { isOverridable } from '@/lib/overriding'

export type BatchItem = BatchResult['results'][number]

/** The items that were refused, and are decided with a reason. */
export function overridableOf(result: BatchResult): BatchItem[] {
  return result.results.filter(({ error }) => error !== null && isOverridable(error))
}

/** `before`, with the items that were sent again as they became then. */
export function withOutcome(before: BatchResult, again: BatchResult): BatchResult {
  const later = new Map(again.results.map((item) => [item.review_id, item]))
  const results = before.results.map((item) => later.get(item.review_id) ?? item)
  const succeeded = results.filter(({ success }) => success).length
  return { results, succeeded, failed: results.length - succeeded }
}
