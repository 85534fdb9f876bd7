/** What the pages of the review queue share: the kinds of what the server says. */
import type { BodyOf } from '@/api/address'
import type { Review } from '@/api/types'

export const PRIORITIES = ['high', 'medium', 'low'] as const
export const STATUSES = ['pending', 'in_review', 'approved', 'rejected', 'needs_changes'] as const
export const REASONS = [
  'new',
  'new_version',
  'key_upload',
  'appeal',
  'auto_review_flagged',
  'reported',
  'lookalike',
] as const
export const VERDICTS = ['approved', 'needs_changes', 'rejected'] as const
export type Verdict = (typeof VERDICTS)[number]

/** The keys that choose them. */
export const VERDICT_KEYS = { approved: 'a', needs_changes: 'c', rejected: 'r' } as const

/** The sections of a review's page, in their order. */
export const SECTIONS = [
  'overview',
  'listing',
  'checks',
  'changes',
  'files',
  'manifest',
  'history',
  'decision',
] as const

/** How Element Plus colours a verdict. */
export const COLOURS = { approved: 'success', needs_changes: 'warning', rejected: 'danger' } as const

type Submitted = BodyOf<'post', '/api/v1/admin/reviews/{review_id}/submit'>

/** By section and item. */
export type Checklist = NonNullable<Submitted['checklist']>

/** The answer to one item. */
export type Answer = Checklist[string][string]

/** What is sent, beside the hash of what it is about. */
export type Decision = Pick<Submitted, 'result' | 'notes' | 'checklist' | 'recommendations'>

export interface Difference<T = string> {
  added: T[]
  removed: T[]
  changed?: T[]
}

export function isSame(difference: Difference<unknown>): boolean {
  return difference.added.length + difference.removed.length + (difference.changed?.length ?? 0) === 0
}

export function isOpen(review: Pick<Review, 'status'>): boolean {
  return review.status === 'pending' || review.status === 'in_review'
}

/** A manifest's value as text: objects as lines of `name: range`, lists as lines. */
export function asText(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return value.length > 0 ? value.join('\n') : '–'
  const lines = Object.entries(value).map(([name, range]) => `${name}: ${String(range)}`)
  return lines.length > 0 ? lines.join('\n') : '–'
}

/** Is the version in the queue without waiting to be published? Then it was reported or flagged. */
export function isPublished(reasons: readonly string[]): boolean {
  return !reasons.some((reason) => ['new', 'new_version', 'key_upload', 'appeal'].includes(reason))
}
