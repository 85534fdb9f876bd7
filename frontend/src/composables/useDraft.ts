/** A form whose values survive a reload, Back, the end of a session and another tab. */
import { computed, onScopeDispose, reactive, ref, shallowRef, watch, type Ref } from 'vue'
import { i18n } from '@/i18n'
import { useSession } from '@/stores/session'
import { confirmed } from '@/lib/confirming'
import { erase, keptAbout, keyOf, read, write } from '@/lib/drafts'
import { useUnsent } from '@/composables/useUnsent'
import { copy, merged, same, type News } from '@/lib/merge'

export interface Draft {
  /** When what was restored had been typed; null where nothing was. */
  readonly restoredAt: string | null
  /** Is anything typed that is not sent? */
  readonly isDirty: boolean
  /** False where this browser has no room for it. */
  readonly isKept: boolean
  /** What somebody else saved since the form was filled. */
  readonly news: News[]
  /** Show what is stored, and forget what was typed. */
  discard(): void
  /** The same, once it is sent. */
  sent(): void
  /** Throw it away if the user says so; true where nothing is left of it. */
  abandon(): Promise<boolean>
}

/** What stands in forms of this tab, by the draft's key. */
const live = new Map<string, Set<() => void>>()

/**
 * Keep what is typed into `values`. `subject`: what it is about; null while there is nothing to type into.
 *
 * `base`: what the form shows where nothing is typed. Where that changes, the values follow: what was typed stays.
 */
export function useDraft<T extends object>(subject: () => string | null, values: Ref<T>, base: () => T): Draft {
  // Whoever logs in later in this tab sees nothing of it.
  const owner = useSession().user?.id
  const key = computed(() => {
    const about = subject()
    return about === null ? null : keyOf(about, owner)
  })
  const restoredAt = ref<string | null>(null)
  const isKept = ref(true)
  const news = shallowRef<News[]>([])
  const isDirty = computed(() => key.value !== null && !same(values.value, base()))
  let from = copy(base())
  let open: string | null = null
  let given: string | null = null

  function take(then: T, mine: T): void {
    const now = copy(base())
    const found = merged(then, now, copy(mine))
    values.value = found.values
    news.value = found.news
    from = now
    // It did not come from the keyboard: tabs would tell each other of it for ever.
    given = JSON.stringify(found.values)
  }

  function follow(): void {
    if (key.value === open) return take(from, values.value)
    leave(open)
    open = key.value
    const kept = open === null ? null : read(open)
    restoredAt.value = kept === null ? null : new Date(kept.at).toISOString()
    take((kept?.base ?? base()) as T, (kept?.values ?? base()) as T)
    if (open !== null) live.set(open, (live.get(open) ?? new Set()).add(discard))
  }

  function leave(old: string | null): void {
    if (old !== null) live.get(old)?.delete(discard)
  }

  function keep(): void {
    if (key.value === null) return
    if (!isDirty.value) {
      erase(key.value)
      restoredAt.value = null
    } else if (given !== JSON.stringify(values.value)) {
      given = null
      isKept.value = write(key.value, { at: Date.now(), base: from, values: values.value })
    }
  }

  /** Typed, sent or thrown away in another tab. */
  function hear(event: StorageEvent): void {
    if (event.key === null || event.key !== key.value) return
    const kept = read(event.key)
    if (kept === null) return discard()
    if (same(kept.values, values.value)) return
    take(kept.base as T, kept.values as T)
    restoredAt.value = new Date(kept.at).toISOString()
  }

  function discard(): void {
    if (key.value !== null) erase(key.value)
    values.value = copy(base())
    from = copy(base())
    news.value = []
    restoredAt.value = null
  }

  async function abandon(): Promise<boolean> {
    const { t } = i18n.global
    if (isDirty.value && !(await confirmed(t('draft.askDiscard'), t('draft.discard'), { danger: true }))) return false
    discard()
    return true
  }

  watch([key, () => JSON.stringify(base())], follow, { immediate: true, flush: 'sync' })
  watch([key, () => JSON.stringify(values.value), isDirty], keep)
  window.addEventListener('storage', hear)
  onScopeDispose(() => {
    window.removeEventListener('storage', hear)
    leave(open)
  })
  useUnsent(
    () => isDirty.value,
    () => isKept.value,
  )
  return reactive({ restoredAt, isDirty, isKept, news, discard, sent: discard, abandon })
}

/** Is there a draft about this? */
export function hasDraft(subject: string): boolean {
  return keptAbout(subject) !== null
}

/** It is sent, or nothing any more: also for a form of this tab that still shows it. */
export function forget(subject: string): void {
  const key = keyOf(subject)
  if (key === null) return
  erase(key)
  for (const discard of live.get(key) ?? []) discard()
}
