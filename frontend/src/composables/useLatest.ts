/** Asking again before the answer is there. */
import { ref, shallowRef } from 'vue'

/** Of answers that overtake each other the last one asked for counts, and so does its refusal.
 *
 * `latest` asks, and gives the answer to `take` unless it was asked again meanwhile; `forget` lets nobody have what is
 * still on its way.
 */
export function useLatest() {
  const loading = ref(false)
  const error = shallowRef<unknown>(null)
  let asked = 0

  async function latest<T>(ask: () => Promise<T>, take: (answer: T) => void): Promise<void> {
    const turn = ++asked
    loading.value = true
    try {
      const answer = await ask()
      if (turn !== asked) return
      error.value = null
      take(answer)
    } catch (reason) {
      if (turn === asked) error.value = reason
    } finally {
      if (turn === asked) loading.value = false
    }
  }

  function forget(): void {
    asked += 1
  }

  return { loading, error, latest, forget }
}
