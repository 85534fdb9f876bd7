/** What may be done with the release of a version, as the server's transition table has it. */
import type { PublicBlock, Version } from '@/api/types'

export const FULL = 100
export const CHANNELS = ['stable', 'preview'] as const

/** How far a release is: offered to nobody yet, to some hosts, or to all. */
export type Phase = 'unpublished' | 'waiting' | 'rolling' | 'complete'

type Release = Pick<
  Version,
  'version' | 'status' | 'available_at' | 'is_held' | 'rollout' | 'is_paused' | 'channel' | 'is_yanked'
>

export function isCooling(release: Pick<Release, 'status' | 'available_at'>, now: number = Date.now()): boolean {
  return release.status === 'published' && release.available_at !== null && Date.parse(release.available_at) > now
}

export function phaseOf(release: Release, now: number = Date.now()): Phase {
  if (release.status !== 'published') return 'unpublished'
  if (isCooling(release, now) || release.is_held) return 'waiting'
  return release.rollout >= FULL && !release.is_paused ? 'complete' : 'rolling'
}

/** The least percentage that it may be set to. */
export function leastRollout(release: Release, now: number = Date.now()): number {
  const phase = phaseOf(release, now)
  return phase === 'rolling' || phase === 'complete' ? release.rollout : 0
}

/** SemVer: a hyphen before any build metadata. */
export function isPrerelease(version: string): boolean {
  return (version.split('+')[0] ?? '').includes('-')
}

/** Can the version be recommended? The server refuses what is yanked, blocked, on the channel `preview`, or unpublished. */
export function isRecommendable(release: Release & { block: PublicBlock | null }): boolean {
  return release.status === 'published' && !release.is_yanked && release.block === null && release.channel !== 'preview'
}

/** What a block says: people write it in Chinese and English. */
export function reasonOf(block: { reason: PublicBlock['reason'] }, language: string): string {
  return language.startsWith('zh') ? block.reason.zh : block.reason.en
}
