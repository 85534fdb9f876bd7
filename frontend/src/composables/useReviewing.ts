/** One review: what may be done about it, doing it, and going to others. */
import { ElMessage } from 'element-plus'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { at } from '@/api/address'
import { get, post } from '@/api/client'
import { ApiError } from '@/api/errors'
import { useAct } from '@/composables/useAct'
import { useDecision } from '@/composables/useDecision'
import { forget } from '@/composables/useDraft'
import { useLoaded } from '@/composables/useLoaded'
import { useNextReview } from '@/composables/useNextReview'
import { confirmed } from '@/lib/confirming'
import { isOverridable, overriding } from '@/lib/overriding'
import type { Verdict } from '@/lib/reviewing'
import { useLive } from '@/stores/live'
import { useSession } from '@/stores/session'

const REVIEW = '/api/v1/admin/reviews/{review_id}'

export function useReviewing(id: string) {
  const { t } = useI18n()
  const router = useRouter()
  const session = useSession()
  const live = useLive()
  const queue = useNextReview()
  const { busy, act } = useAct()
  const named = { review_id: id }
  /** What drafts about it are kept under. */
  const subject = `review:${id}`
  const { value: review, loading, loaded, error, reload } = useLoaded(() => get(at(REVIEW, named)))
  const mayDecide = computed(() => session.may('review.update'))
  /** The assigned reviewer, if it is somebody else; administrators may decide for them. */
  const holder = computed(() => {
    const reviewer = review.value?.assigned_reviewer
    return reviewer && reviewer.id !== session.user?.id ? reviewer.username : null
  })
  const isLocked = computed(() => holder.value !== null && session.user?.role !== 'admin')
  const isDeciding = computed(() => mayDecide.value && review.value?.status === 'in_review' && !isLocked.value)
  const making = useDecision(
    () => (isDeciding.value ? subject : null),
    () => review.value?.file_hash ?? '',
  )

  /** If the server refuses because something changed, the current state is shown. */
  async function refused(reason: unknown): Promise<never> {
    if (reason instanceof ApiError) {
      if (review.value && !isOverridable(reason)) queue.keepOff(review.value, reason.slug)
      if (reason.status === 403 || reason.status === 409) await reload()
    }
    throw reason
  }

  async function start(): Promise<void> {
    const done = await act(() => post(at(`${REVIEW}/start`, named)).catch(refused), t('reviews.isStarted'))
    if (done) await reload()
  }

  async function begin(): Promise<void> {
    if (mayDecide.value && review.value?.status === 'pending' && !isLocked.value) await start()
  }

  /** Choose by key: what needs a reason leads to where it is written. */
  async function choose(verdict: Verdict): Promise<void> {
    if (!isDeciding.value || busy.value) return
    if (making.allows(verdict)) return decide(verdict)
    ElMessage.info(t(making.isTooLong ? 'reviews.tooLong' : 'reviews.notesNeeded'))
    document.querySelector<HTMLElement>('.decision-notes textarea')?.focus()
  }

  async function decide(verdict: Verdict): Promise<void> {
    const shown = review.value
    if (shown === null) return
    const what = { name: shown.plugin.name, version: shown.plugin.version }
    const how = { danger: verdict === 'rejected' }
    if (!(await confirmed(t(`reviews.ask.${verdict}`, what), t(`reviews.yes.${verdict}`), how))) return
    const decision = making.made(verdict)
    const done = await act(
      () =>
        overriding(
          (override) => post(at(`${REVIEW}/submit`, named), { ...decision, file_hash: shown.file_hash, ...override }),
          subject,
        ).catch(refused),
      t('reviews.decided', what),
    )
    if (!done) return
    forget(subject)
    void live.countWaiting().catch(() => undefined)
    if (!(await goOn())) await reload()
  }

  function goOn(after?: string): Promise<boolean> {
    return act(async () => {
      const next = await queue.find(after)
      if (next === null) ElMessage.info(t('reviews.allDone'))
      await router.push(next === null ? { name: 'reviews' } : { name: 'review', params: { id: next.id } })
    })
  }

  function goBack(): Promise<boolean> {
    return act(async () => {
      const before = await queue.before(id)
      if (before === null) ElMessage.info(t('reviews.noneBefore'))
      else await router.push({ name: 'review', params: { id: before.id } })
    })
  }

  return {
    ...{ review, loading, loaded, error, reload },
    ...{ subject, mayDecide, holder, isLocked, isDeciding, making },
    ...{ busy, act, start, begin, choose, decide, goOn, goBack },
  }
}
