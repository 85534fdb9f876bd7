import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { get } from '@/api/client'
import type { Review } from '@/api/types'
import { useNextReview } from '@/composables/useNextReview'
import { asText } from '@/lib/reviewing'

vi.mock('@/api/client', () => ({ get: vi.fn(), post: vi.fn() }))

const review = (id: string, name: string) => ({ id, plugin: { plugin_name: name }, assigned_reviewer: null }) as Review

function waiting(...reviews: Review[]): void {
  vi.mocked(get).mockResolvedValue({ reviews, pagination: { pages: 1 } })
}

beforeEach(() => setActivePinia(createPinia()))

it("offers no version of a plugin that was refused as the reviewer's own", async () => {
  const first = review('1', 'com.example.own')
  waiting(first, review('2', 'com.example.own'), review('3', 'com.example.other'))
  const queue = useNextReview()
  expect((await queue.find())?.id).toBe('1')
  queue.keepOff(first, 'own_plugin')
  expect((await queue.find())?.id).toBe('3')
})

it("offers no submission of the reviewer's own, but what others submitted to the same plugin", async () => {
  const first = review('11', 'com.example.shared')
  waiting(first, review('12', 'com.example.shared'))
  const queue = useNextReview()
  queue.keepOff(first, 'own_submission')
  expect((await queue.find())?.id).toBe('12')
})

it('goes on offering what was refused for another reason', async () => {
  const first = review('21', 'com.example.held')
  waiting(first)
  const queue = useNextReview()
  queue.keepOff(first, 'assigned_to_another')
  expect((await queue.find())?.id).toBe('21')
})

it('shows lists of the manifest as lines', () => {
  expect(asText(['com.example.old', 'com.example.older'])).toBe('com.example.old\ncom.example.older')
  expect(asText({ MicroDock: '*' })).toBe('MicroDock: *')
  expect([asText([]), asText({}), asText(null), asText('')]).toEqual(['–', '–', '–', '–'])
})
