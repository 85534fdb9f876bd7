/** The review that comes next. */
import { get } from '@/api/client'
import type { Review } from '@/api/types'
import { useSession } from '@/stores/session'

const PAGE = 100
// What the user owns or submitted: the queue does not tell it, and one at its head would be offered for ever.
const own = new Set<string>()

export function useNextReview() {
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
      const queue = await get('/api/v1/admin/reviews/queue', { page, limit: PAGE })
      for (const review of queue.reviews) {
        if (review.id === after) isPast = true
        else if (isFor(review) && isPast) return review
        else if (isFor(review)) first ??= review
      }
      if (page >= queue.pagination.pages) return first
    }
  }

  /** The last open review before this one that is the user's or nobody's; null where there is none. */
  async function before(id: string): Promise<Review | null> {
    let last: Review | null = null
    for (let page = 1; ; page += 1) {
      const queue = await get('/api/v1/admin/reviews/queue', { page, limit: PAGE })
      for (const review of queue.reviews) {
        if (review.id === id) return last
        if (isFor(review)) last = review
      }
      if (page >= queue.pagination.pages) return null
    }
  }

  return { find, before, keepOff }
}
