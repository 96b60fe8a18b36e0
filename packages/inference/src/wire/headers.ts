/** Header names of specs/0003 section 6 and specs/0008. */

/** Gateway to client: the receipt's id. As a trailer from provider to gateway: the signed receipt in base64url. */
export const receiptHeader = 'x-koinon-receipt'

/** Gateway to provider: the 16-byte request id in hex. */
export const requestIdHeader = 'x-koinon-request-id'

/** Gateway to provider: the channel that pays. */
export const channelHeader = 'x-koinon-channel'

/** Client to gateway: the most it pays, `prompt,output` in pico-dollars a token. */
export const maximumPriceHeader = 'x-koinon-max-price'

/** Client to gateway: the one provider that may answer. */
export const providerHeader = 'x-koinon-provider'
