/** What is found as one types. */
import { shallowRef } from 'vue'

/** `find` is asked with the text without blanks around it. Of answers that overtake each other the last one asked for
counts; after a refusal nothing is found. */
export function useSearch<T>(find: (text: string) => Promise<T[]>) {
  const found = shallowRef<T[]>([])
  const loading = shallowRef(false)
  const error = shallowRef<unknown>(null)
  let asked = 0

  async function search(text: string): Promise<void> {
    const turn = ++asked
    loading.value = true
    try {
      const answer = await find(text.trim())
      if (turn !== asked) return
      found.value = answer
      error.value = null
    } catch (reason) {
      if (turn !== asked) return
      found.value = []
      error.value = reason
    } finally {
      if (turn === asked) loading.value = false
    }
  }

  return { found, loading, error, search }
}
