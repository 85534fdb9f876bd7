/**
 * Is something on its way, and is there a server to send it to?
 *
 * Told by the client of every request and by the router of every navigation; read by the navigation bar and by the
 * banner. A server that does not answer is asked again by itself, with growing pauses, until it does.
 */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { isThere, type Outcome } from '@/api/client'

const FIRST_PAUSE = 1
const LONGEST_PAUSE = 30

export const useConnection = defineStore('connection', () => {
  const requests = ref(0)
  const isNavigating = ref(false)
  /** Is the navigation to another page? What the shown one writes into the address would end it. */
  const isLeaving = ref(false)
  const isActive = computed(() => requests.value > 0 || isNavigating.value)
  const isDown = ref(false)
  /** Whole seconds until it is asked again; 0 while it is being asked. */
  const seconds = ref(0)
  /** How often the server came back: whatever waits for that watches it. */
  const returns = ref(0)
  /** The address whose page could not be loaded; empty for a part of the one that is shown. */
  const missing = shallowRef<string | null>(null)
  let pause = FIRST_PAUSE
  let clock: ReturnType<typeof setInterval> | undefined

  function began(): void {
    requests.value += 1
  }

  function ended(outcome: Outcome): void {
    requests.value -= 1
    if (outcome === 'unreachable') lost()
    else if (outcome === 'answered') found()
  }

  function lost(): void {
    if (isDown.value) return
    isDown.value = true
    pause = FIRST_PAUSE
    wait()
  }

  function found(): void {
    if (!isDown.value) return
    clearInterval(clock)
    isDown.value = false
    returns.value += 1
  }

  function wait(): void {
    seconds.value = pause
    pause = Math.min(pause * 2, LONGEST_PAUSE)
    clearInterval(clock)
    clock = setInterval(() => {
      seconds.value -= 1
      if (seconds.value === 0) void tryNow()
    }, 1_000)
  }

  /** Ask now, and not only when the pause is over. */
  async function tryNow(): Promise<void> {
    clearInterval(clock)
    seconds.value = 0
    const answered = await isThere()
    // A request may have found it meanwhile.
    if (!isDown.value) return
    if (answered) found()
    else wait()
  }

  /** A part of the page did not come: the server is away, or has a newer build, in which it has another name. */
  async function lacks(address: string): Promise<void> {
    missing.value = address
    began()
    const answered = await isThere()
    ended(answered ? 'answered' : 'unreachable')
  }

  return { isActive, isNavigating, isLeaving, isDown, seconds, returns, missing, began, ended, tryNow, lacks }
})
