/** What can be said of an appeal. */
import type { Appeal } from '@/api/types'

/** Is it open, and may the reader decide it, if need be with a reason why it is they? */
export function mayAnswer(appeal: Pick<Appeal, 'status' | 'may_process' | 'may_override'>): boolean {
  return appeal.status === 'pending' && (appeal.may_process || appeal.may_override)
}

/** The key of the words for what a granted appeal against a review led to; null where nothing else was possible. */
export function outcomeOf(appeal: Pick<Appeal, 'status' | 'type' | 'actions'>): string | null {
  if (appeal.status !== 'approved' || appeal.type !== 'review_decision') return null
  return appeal.actions.length > 0 ? 'appeals.publish' : 'appeals.again'
}
