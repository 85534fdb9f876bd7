/** Deciding about one's own where the server says that nobody else could: with a reason, which the audit log keeps. */
import { ApiError } from '@/api/errors'
import { i18n } from '@/i18n'
import { asked } from '@/lib/asking'
import { forget } from '@/composables/useDraft'

/** What a decision carries beside the rest where its author insists. */
export interface Override {
  override?: true
  reason?: string
}

// What the server takes.
const LONGEST_REASON = 2000

/** A refusal by itself, or of one item among several. */
interface Refused {
  details: readonly { rule?: string | null }[]
}

/** Does a refusal say that the decision is taken with a reason? */
export function isOverridable(refusal: Refused): boolean {
  return refusal.details.some(({ rule }) => rule === 'override_possible')
}

const draftOf = (subject?: string) => (subject === undefined ? undefined : `override:${subject}`)

/** Ask why something is decided all the same, under what stands against it; null where it is left.
 *
 * `subject`: what it is about; the reason is kept as a draft until that is overridden.
 */
export async function askOverride(refused: string, subject?: string): Promise<Override | null> {
  const { t } = i18n.global
  const box = { title: refused, longest: LONGEST_REASON, draft: draftOf(subject) }
  const reason = await asked(t('reviews.override.ask'), t('reviews.override.yes'), box)
  return reason === null ? null : { override: true, reason: reason.trim() }
}

/** Send a decision; where only an override is taken, once more with the reason that is asked for.
 *
 * Raises the refusal where it cannot be overridden, or no reason was given.
 */
export async function overriding<T>(send: (override: Override) => Promise<T>, subject?: string): Promise<T> {
  try {
    return await send({})
  } catch (refusal) {
    if (!(refusal instanceof ApiError && isOverridable(refusal))) throw refusal
    const override = await askOverride(refusal.message, subject)
    if (override === null) throw refusal
    const answer = await send(override)
    isOverridden(subject)
    return answer
  }
}

/** The reason is with the server: nothing of it is kept. */
export function isOverridden(subject?: string): void {
  const draft = draftOf(subject)
  if (draft !== undefined) forget(draft)
}
