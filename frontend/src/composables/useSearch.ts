/** What is found as one types. */
import { shallowRef } from 'vue'
import { useLatest } from '@/composables/useLatest'

/** `find` is asked with the text without blanks around it. Of answers that overtake each other the last one asked for
counts; after a refusal nothing is found. */
export function useSearch<T>(find: (text: string) => Promise<T[]>) {
  const found = shallowRef<T[]>([])
  const { loading, error, latest } = useLatest()

  async function search(text: string): Promise<void> {
    await latest(
      () => find(text.trim()),
      (answer) => {
        found.value = answer
      },
    )
    if (error.value !== null) found.value = []
  }

  return { found, loading, error, search }
}
