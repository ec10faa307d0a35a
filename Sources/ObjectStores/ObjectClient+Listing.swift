extension ObjectClient {
    /// Lists the objects whose keys begin with the address's key, a page at a time.
    ///
    /// - Parameter body: is called with each, in the server's order, which is that of the keys' bytes on most servers.
    /// - Throws: `ObjectStoreError` where the server does not list them or what it answers makes no sense; what `body` throws.
    public func list(_ prefix: BucketAddress, _ body: (ListedObject) throws -> Void) throws {
        let address = ObjectAddress.bucket(prefix)
        var continuation: String?
        // Pages without an object are sound, now and then; a server that gives nothing else would be asked for ever.
        var emptyPages = 0
        repeat {
            let page = try page(prefix, continuation)
            emptyPages = page.objects.isEmpty ? emptyPages + 1 : 0
            guard page.continuation == nil || page.continuation != continuation, emptyPages <= 100 else {
                throw ObjectStoreError(address.text, .refused, "the server's listing does not come to an end")
            }
            for object in page.objects {
                guard object.key.utf8.starts(with: prefix.key.utf8) else {
                    throw ObjectStoreError(
                        address.text, .refused,
                        "the server lists '\(object.key.prefix(100))', which does not begin with what was asked for")
                }
                try body(object)
            }
            continuation = page.continuation
        } while continuation != nil
    }

    private func page(_ prefix: BucketAddress, _ continuation: String?) throws -> ListingPage {
        let bucket = ObjectAddress.bucket(try BucketAddress(bucket: prefix.bucket, key: ""))
        var request = ObjectRequest(.get, bucket, limit: ListingPage.longestAnswer)
        request.query = [("list-type", "2"), ("max-keys", "\(ListingPage.largest)"), ("encoding-type", "url")]
        if !prefix.key.isEmpty { request.query.append(("prefix", prefix.key)) }
        if let continuation { request.query.append(("continuation-token", continuation)) }
        let reply = try perform(request)
        do {
            return try ListingPage(reply.bytes)
        } catch {
            throw ObjectStoreError(
                ObjectAddress.bucket(prefix).text, .refused, "the server's listing cannot be read: \(error)")
        }
    }
}
