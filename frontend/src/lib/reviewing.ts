/** What the pages of the review queue share: the words of the server, and who is next. */
import { useI18n } from 'vue-i18n'
import { get } from '@/api/client'
import type { Queue, Review } from '@/api/types'
import { useSession } from '@/stores/session'

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

/** How Element Plus colours a verdict. */
export const COLOURS = { approved: 'success', needs_changes: 'warning', rejected: 'danger' } as const

/** By section and item. */
export type Checklist = Review['checklist']

/** What is sent, beside the hash of what it is about. */
export interface Decision {
  result: Verdict
  notes: string
  checklist: Checklist
  recommendations: string[]
}

export interface Difference<T = string> {
  added: T[]
  removed: T[]
  changed?: T[]
}

export function isOpen(review: Pick<Review, 'status'>): boolean {
  return review.status === 'pending' || review.status === 'in_review'
}

/** A word of the server in the reader's language; one that this page does not know as it came. */
export function useWords() {
  const { t, te } = useI18n()
  return (area: string, word: string) => (te(`${area}.${word}`) ? t(`${area}.${word}`) : word)
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

const PAGE = 100
// What the user owns or submitted: the queue does not tell it, and one at its head would be offered for ever.
const own = new Set<string>()

export function useNext() {
  const session = useSession()

  /** Offer no more what was refused for being the user's own: all of a plugin, or one submission to another's. */
  function keepOff(review: Review, slug: string): void {
    if (slug === 'own_plugin') own.add(`${session.user?.id} ${review.plugin.plugin_name}`)
    if (slug === 'own_submission') own.add(`${session.user?.id} ${review.id}`)
  }

  function isFor(review: Review): boolean {
    const holder = review.assigned_reviewer
    const isFree = holder === null || holder.id === session.user?.id
    return isFree && ![review.plugin.plugin_name, review.id].some((it) => own.has(`${session.user?.id} ${it}`))
  }

  /** The first open review that is the user's or nobody's; with `after`, rather one behind that. */
  async function find(after?: string): Promise<Review | null> {
    let first: Review | null = null
    let isPast = after === undefined
    for (let page = 1; ; page += 1) {
      const queue = await get<Queue>('/api/v1/admin/reviews/queue', { page, limit: PAGE })
      for (const review of queue.reviews) {
        if (review.id === after) isPast = true
        else if (isFor(review) && isPast) return review
        else if (isFor(review)) first ??= review
      }
      if (page >= queue.pagination.pages) return first
    }
  }

  return { find, keepOff }
}
