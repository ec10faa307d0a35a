import ObjectStores

extension FuzzTarget {
    /// What S3 and web servers answer: listings, refusals, uploads, headers; and files of profiles.
    static let answers = FuzzTarget(
        "answers",
        words: [
            "<ListBucketResult>", "</ListBucketResult>", "<Contents>", "</Contents>", "<Key>", "</Key>", "<Size>",
            "</Size>",
            "<ETag>", "&quot;", "&#x0;", "&amp;", "<IsTruncated>true</IsTruncated>", "<NextContinuationToken>",
            "<!DOCTYPE x [<!ENTITY a \"aaaa\">]>", "<![CDATA[", "]]>", "%2F", "%", "+", "<Error><Code>", "bytes ", "-",
            "/", "*",
            "18446744073709551615", "9223372036854775807", "[default]", "[profile a]", "=", "\n", "W/", "\"",
        ]
    ) {
        [
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>true</IsTruncated>\
            <EncodingType>url</EncodingType><NextContinuationToken>t</NextContinuationToken><Contents><Key>a%2Fb+c.png</Key>\
            <ETag>&quot;1&quot;</ETag><Size>3</Size></Contents><Contents><Key>d.png</Key><Size>0</Size></Contents></ListBucketResult>
            """,
            "<Error><Code>AuthorizationHeaderMalformed</Code><Message>no</Message><Region>eu-west-1</Region></Error>",
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
            "bytes 0-9/10", "bytes 5-5/*", "W/\"tag\"", "https://u:p@h:1/a%20b?c=d#e", "s3://bucket/a/../b",
            "[default]\naws_access_key_id = a\n[profile b]\nregion=c\ns3 =\n  d = e\n",
        ].map { Array($0.utf8) }
    } read: { bytes, _ in
        let all = Array(bytes)
        if let page = try? ListingPage(all) {
            demand(
                page.objects.allSatisfy { $0.size >= 0 && !$0.key.utf8.contains(0) },
                "an impossible object in a listing")
        }
        demand(ServerRefusal(all).message.utf8.count <= 4096, "a long message")
        let text = String(decoding: all, as: UTF8.self)
        if let range = ContentRange(text) {
            demand(!range.bytes.isEmpty && range.bytes.lowerBound >= 0, "an impossible range")
        }
        if let tag = EntityTag(text) { demand(!tag.text.contains { $0.isNewline }, "a tag of two lines") }
        for profile in ["default", "b"] { _ = ProfileFile(text: text, isConfiguration: true)[profile] }
        guard let address = try? ObjectAddress(text) else { return }
        demand(
            (try? ObjectAddress(address.text)) == address, "'\(address.text)' is another address when it is read again")
        _ = try? MultipartUpload.identifier(in: all, address)
        if let beside = try? address.resolving("../x y%.png") {
            demand(
                (try? ObjectAddress(beside.text)) == beside, "'\(beside.text)' is another address when it is read again"
            )
        }
    }
}
