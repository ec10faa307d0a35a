import ImageLists
import Imaging
import Storage

extension FuzzTarget {
    /// Lists as text and as CSV; and that no place of a result lies outside the folder of results.
    static let lists = FuzzTarget(
        "lists",
        words: [
            "image_path", "label_index", "mask_path", "split", ",", "\"", "\"\"", "\r\n", "/", "../", "./", "//", "#",
            ".png", ".jpg", "\u{FEFF}", "\0", "\u{0600}", "e\u{301}", "\u{200D}", "~", "~2", "~long/",
        ]
    ) {
        [
            "a.png\nb/c.jpg\n../d.tif\n/e/f.bmp\n# no image\n\n./#g.png\n",
            "image_path,label_index,mask_path,split\na.png,0,,train\nb/\"c.png\",1,m.png,test\n",
            "split,image_path\r\ntest,\"x, y.png\"\r\n train,\"say \"\"hello\"\".png\"\r\n",
            "\u{FEFF}image_path\nb.png\nB.PNG\nb.jpg\nb.png/c.png\nb~2.png\n",
            "\u{0600}.png\n..\u{0600}.png\na/\u{0600}..png\nx/..\n..\n.\n/\n",
        ].map { Array($0.utf8) }
    } read: { bytes, folder in
        for name in ["list.txt", "list.csv"] {
            guard let list = try? ImageList.read([folder.write(bytes, to: name)]) else { continue }
            var taken: Set<String> = []
            for entry in list.entries {
                let place = entry.outputRelativePath(fileExtension: "png")
                demand(RelativePath.isContained(place), "'\(place)' leads out")
                demand(taken.insert(place.lowercased()).inserted, "'\(place)' comes twice")
            }
        }
    }
}
