import type { Command } from 'commander'
import { defineJobAward } from './job-award.ts'
import { defineJobBid } from './job-bid.ts'
import { defineJobAccept, defineJobDispute, defineJobRefund, defineJobReject } from './job-judge.ts'
import { defineJobList, defineJobShow } from './job-list.ts'
import { defineJobPost } from './job-post.ts'
import { defineJobSubmit } from './job-submit.ts'

/** `koinon job`: jobs in escrow on the network that this home joined. */
export function defineJob(job: Command): void {
  for (const define of [
    defineJobPost,
    defineJobBid,
    defineJobAward,
    defineJobSubmit,
    defineJobAccept,
    defineJobReject,
    defineJobDispute,
    defineJobRefund,
    defineJobList,
    defineJobShow,
  ])
    define(job)
}
