/** What contracts refuse, in words for whoever made the call, where there is something that a person can do. */
type Refusal = { readonly code: string; readonly message: string; readonly hint: string; readonly retry?: 'now' }

const priceMoved: Refusal = {
  code: 'ledger/price-moved',
  message: 'Meanwhile the price moved: the trade would bring less than its least output, so it was not made',
  hint: 'Look at the new price and try again, or allow more with --slippage PERCENT.',
  retry: 'now',
}

/** By the name of the contract's error. */
export const refusals: Readonly<Record<string, Refusal>> = {
  OutputTooSmall: priceMoved,
  AmountTooSmall: priceMoved,
  ERC6909InsufficientBalance: {
    code: 'ledger/too-little-alpha',
    message: 'The account has less free alpha of that subnet',
    hint: 'See what it holds: koinon subnet holdings. What is staked has to be unstaked first.',
  },
  SharesTooFew: {
    code: 'ledger/too-little-stake',
    message: 'The account has less staked there',
    hint: 'See what it holds: koinon subnet holdings',
  },
  StillSlashable: {
    code: 'ledger/stake-bound',
    message: 'That stake backs a validator, or did not long ago, and cannot be moved at once',
    hint: 'Unstake it, wait until it is free, and stake it anew.',
  },
  RootSlashedLately: {
    code: 'ledger/root-slashed-lately',
    message: 'The root stake of that validator was slashed not long ago, and nobody adds to it for a while',
    hint: 'Stake on another: koinon validator list. It is open again an unbonding and a day after the slash.',
  },
  NothingMatured: {
    code: 'ledger/nothing-matured',
    message: 'Nothing that was unstaked is free yet',
    hint: 'See from when on it is: koinon subnet holdings',
  },
  NotSubnetOwner: {
    code: 'ledger/not-owner',
    message: 'Only the owner of the subnet may do that',
    hint: 'See who that is: koinon subnet show NETUID. The wallet of this home is another account.',
  },
  SubnetIsDissolved: {
    code: 'ledger/subnet-dissolved',
    message: 'That subnet is dissolved: nothing of it changes any more',
    hint: 'See which live: koinon subnet list',
  },
  ChangePending: {
    code: 'ledger/change-pending',
    message: 'Other rules of seats are announced and do not hold yet; one change waits at a time',
    hint: 'See from when on they hold, and announce again then: koinon subnet announce NETUID',
  },
  ParameterOutOfRange: {
    code: 'ledger/out-of-bounds',
    message: 'One of the values is out of the bounds that the network sets',
    hint: 'See the bounds: koinon subnet announce --help',
  },
  OwnerHotkeysFull: {
    code: 'ledger/owner-hotkeys-full',
    message: 'The owner has named as many hotkeys as it may: an eighth of the seats, 10 at most',
    hint: 'Drop one first: koinon subnet owner-hotkey drop NETUID HOTKEY',
  },
  OwnerHotkeyUnknown: {
    code: 'ledger/no-owner-hotkey',
    message: 'That is none of the hotkeys that the owner named',
    hint: 'See which they are: koinon subnet owner-hotkey list NETUID',
  },
  SubnetNotFound: {
    code: 'ledger/no-subnet',
    message: 'There is no such subnet on this network',
    hint: 'See which there are: koinon subnet list',
  },
  TakeRaisedTooSoon: {
    code: 'ledger/take-raised-too-soon',
    message: 'A take is raised once in 30 days, and this one was raised not that long ago',
    hint: 'Lower it at any time: koinon validator take PERCENT. See what it is: koinon validator take',
  },
  ChildrenOutOfRange: {
    code: 'ledger/bad-children',
    message: 'Children are at most five others, each once, with 100 per cent together',
    hint: 'For example: koinon validator children --set HOTKEY=40',
  },
  NothingAnnounced: {
    code: 'ledger/nothing-announced',
    message: 'No children were announced that could be put into force',
    hint: 'Announce some first: koinon validator children --set HOTKEY=SHARE',
  },
  ChildrenTooEarly: {
    code: 'ledger/children-too-early',
    message: 'Announced children may be put into force a day after their announcement',
    hint: 'See from when on: koinon validator children',
  },
  ChildNotWilling: {
    code: 'ledger/child-not-willing',
    message: 'One of the announced children did not accept this parent',
    hint: 'Ask its owner to run: koinon validator children --accept PARENT',
  },
  GenerationsTooMany: {
    code: 'ledger/generations-too-many',
    message: 'A child has no children itself, and a parent no parents',
    hint: 'See who has which: koinon validator children',
  },
  LockTooSmall: {
    code: 'ledger/too-little-locked',
    message: 'The account keeps less locked for that candidate',
    hint: 'See what it has locked: koinon subnet lock NETUID, with --for ACCOUNT where it is for another.',
  },
  NothingFree: {
    code: 'ledger/nothing-free',
    message: 'Nothing of that lock is free',
    hint: 'Let go of some first: koinon subnet unlock NETUID AMOUNT. Half of it is free after 90 days.',
  },
  DoesNotLead: {
    code: 'ledger/no-lead',
    message:
      'That candidate does not lead: its conviction must exceed what is locked for the owner, and a tenth of all alpha',
    hint: 'See who has how much: koinon subnet show NETUID',
  },
  SubnetTooYoung: {
    code: 'ledger/subnet-too-young',
    message: 'Nobody contests the ownership of a subnet in its first year',
    hint: 'See from when on: koinon subnet show NETUID. Conviction grows meanwhile.',
  },
  ContestStands: {
    code: 'ledger/contest-stands',
    message: 'A contest is open whose candidate leads',
    hint: 'See whose it is: koinon subnet show NETUID. Only somebody with more conviction takes its place.',
  },
  NoContest: {
    code: 'ledger/no-contest',
    message: 'The ownership of that subnet is not contested',
    hint: 'Open a contest for whoever leads: koinon subnet contest NETUID',
  },
  NotCandidate: {
    code: 'ledger/not-candidate',
    message: 'Only the candidate of the contest may take the subnet',
    hint: 'See who that is: koinon subnet show NETUID. The wallet of this home is another account.',
  },
  NoticeNotOver: {
    code: 'ledger/notice-not-over',
    message: 'The notice is not over: the owner may still lock more',
    hint: 'See from when on the subnet may be taken: koinon subnet show NETUID',
  },
  TooLate: {
    code: 'ledger/contest-passed',
    message: 'The time in which the subnet could be taken has passed',
    hint: 'Open the contest anew: koinon subnet contest NETUID',
  },
  NothingToClaim: {
    code: 'ledger/nothing-to-claim',
    message: 'There are no root dividends to claim',
    hint: 'They come with every epoch in which the validator earns, in the subnets where its root stake counts.',
  },
}
