/** Something that is loaded as a whole. */
import { computed, ref, shallowRef } from 'vue'
import { isUnreachable } from '@/api/errors'
import { useLanguageChange } from '@/composables/useLanguageChange'
import { useReturn } from '@/composables/useReturn'

/** What `load` gives; it can be called again, and of answers that overtake each other the last one asked for counts.
It is called again in another language. */
export function useLoaded<T>(load: () => Promise<T>) {
  const value = shallowRef<T | null>(null)
  const loading = ref(false)
  const error = shallowRef<unknown>(null)
  let asked = 0

  async function reload(): Promise<void> {
    const turn = ++asked
    loading.value = true
    try {
      const found = await load()
      if (turn !== asked) return
      value.value = found
      error.value = null
    } catch (reason) {
      if (turn === asked) error.value = reason
    } finally {
      if (turn === asked) loading.value = false
    }
  }

  useReturn(() => {
    if (isUnreachable(error.value)) void reload()
  })
  useLanguageChange(() => void reload())
  void reload()
  return { value, loading, error, reload, loaded: computed(() => value.value !== null) }
}
