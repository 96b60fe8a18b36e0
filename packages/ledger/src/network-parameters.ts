/** Economic constants of a network, fixed for ever at deployment. Amounts in 1e-18 of a token. */
export type NetworkParameters = {
  /** KOIN minted to the deployer at once, for stakes, registrations and pools before emission begins. */
  readonly genesisAmount: bigint
  /** KOIN a second for all subnets together, and alpha a second for each, before the first halving. */
  readonly koinPerSecond: bigint
  readonly alphaPerSecond: bigint
  /** Whole periods are issued at once. */
  readonly periodSeconds: bigint
  /** After the end of a subnet what nobody was paid of its alpha waits so long. */
  readonly restSeconds: bigint
  /** KOIN that the first subnet costs, and none ever less: it opens the subnet's pool. */
  readonly minimumLock: bigint
  readonly unbondingSeconds: bigint
  /** What 1 KOIN on the root weighs in alpha, in parts of 1e18. */
  readonly rootWeight: bigint
}
