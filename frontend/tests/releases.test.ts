import { describe, expect, it } from 'vitest'
import { bodyOf, formOf } from '@/lib/blocks'
import { questionAbout, questionOf } from '@/lib/hostQuestion'
import { isCooling, isPrerelease, isRecommendable, leastRollout, phaseOf, reasonOf } from '@/lib/releases'
import type { Block, PublicBlock } from '@/api/types'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const release = {
  version: '1.0.0',
  status: 'published',
  available_at: '2026-03-01T11:00:00Z',
  is_held: false,
  rollout: 100,
  is_paused: false,
  channel: 'stable' as const,
  is_yanked: false,
}

describe('the phase of a release', () => {
  it.each([
    ['unpublished', { status: 'pending', available_at: null }],
    ['waiting', { available_at: '2026-03-01T12:00:01Z' }],
    ['waiting', { is_held: true }],
    ['rolling', { rollout: 99 }],
    ['rolling', { is_paused: true }],
    ['complete', {}],
    // The end of the cooldown is the moment from which it is offered.
    ['complete', { available_at: '2026-03-01T12:00:00Z' }],
  ])('is %s with %j', (phase, changes) => {
    expect(phaseOf({ ...release, ...changes }, NOW)).toBe(phase)
  })

  it('decides how low a rollout may be set', () => {
    expect(leastRollout({ ...release, rollout: 30 }, NOW)).toBe(30)
    expect(leastRollout({ ...release, rollout: 30, is_held: true }, NOW)).toBe(0)
    expect(leastRollout({ ...release, rollout: 30, status: 'pending' }, NOW)).toBe(0)
    expect(isCooling({ status: 'pending', available_at: '2026-03-02T00:00:00Z' }, NOW)).toBe(false)
  })
})

it('knows prereleases by SemVer', () => {
  expect(['1.0.0', '1.0.0+a-b', '1.0.0-rc.1', '1.0.0-rc.1+b'].map(isPrerelease)).toEqual([false, false, true, true])
})

it('recommends nothing that the server refuses', () => {
  const block = { reason: { zh: '坏', en: 'bad' } } as PublicBlock
  expect(isRecommendable({ ...release, block: null })).toBe(true)
  for (const changes of [{ block }, { is_yanked: true }, { channel: 'preview' as const }, { status: 'pending' }]) {
    expect(isRecommendable({ ...release, block: null, ...changes })).toBe(false)
  }
  expect([reasonOf(block, 'en'), reasonOf(block, 'zh-CN')]).toEqual(['bad', '坏'])
})

describe('a block', () => {
  const stored = {
    plugin: 'com.a',
    versions: null,
    sha256: ['a'.repeat(64), 'b'.repeat(64)],
    severity: 'remove',
    reason: { zh: '坏', en: 'bad' },
    advisory_url: '',
    expires_at: null,
  } as unknown as Block

  it('comes back from its form as it was', () => {
    const { plugin, versions, sha256, severity, reason, advisory_url, expires_at } = stored
    expect(bodyOf(formOf(stored))).toEqual({ plugin, versions, sha256, severity, reason, advisory_url, expires_at })
  })

  it('is sent without blanks around, and what is empty is absent', () => {
    const form = { ...formOf(null), plugin: ' com.a ', versions: ' >=1 ', zh: ' 坏 ', en: 'bad\n' }
    expect(bodyOf(form)).toEqual({
      plugin: 'com.a',
      versions: '>=1',
      sha256: [],
      severity: 'disable',
      reason: { zh: '坏', en: 'bad' },
      advisory_url: '',
      expires_at: null,
    })
  })
})

describe('the question of a host', () => {
  it('begins with the engines of the plugin, or the usual one', () => {
    expect(questionAbout('com.a', '1.0.0').engines).toEqual([{ name: 'MicroDock', version: '' }])
    expect(questionAbout('com.a', '1.0.0', ['X', 'Y']).engines.map(({ name }) => name)).toEqual(['X', 'Y'])
  })

  it('leaves out engines that are not stated, and rows without a name', () => {
    const form = questionAbout(' com.a ', '1.0.0', ['X', 'Y'])
    form.engines[0]!.version = ' 2.0 '
    form.installed.push({ name: ' ', version: '3', pin: '' }, { name: 'com.b', version: '2.0.0', pin: ' ^2 ' })
    expect(questionOf(form)).toEqual({
      engines: { X: '2.0' },
      channel: 'stable',
      client_id: null,
      installed: [
        { name: 'com.a', version: '1.0.0', pin: null },
        { name: 'com.b', version: '2.0.0', pin: '^2' },
      ],
    })
    // Part of what is hashed: nothing is cut off.
    expect(questionOf({ ...form, client: ' a ' }).client_id).toBe(' a ')
  })
})
