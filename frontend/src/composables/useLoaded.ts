/** Something that is loaded as a whole. */
import { computed, shallowRef } from 'vue'
import { isUnreachable } from '@/api/errors'
import { useLanguageChange } from '@/composables/useLanguageChange'
import { useLatest } from '@/composables/useLatest'
import { useReturn } from '@/composables/useReturn'

/** What `load` gives; it can be called again, and of answers that overtake each other the last one asked for counts.
It is called again in another language. */
export function useLoaded<T>(load: () => Promise<T>) {
  const value = shallowRef<T | null>(null)
  const { loading, error, latest } = useLatest()

  function reload(): Promise<void> {
    return latest(load, (found) => {
      value.value = found
    })
  }

  useReturn(() => {
    if (isUnreachable(error.value)) void reload()
  })
  useLanguageChange(() => void reload())
  void reload()
  return { value, loading, error, reload, loaded: computed(() => value.value !== null) }
}
