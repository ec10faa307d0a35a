import Foundation
import ImageLists
import Imaging
import Storage

extension FuzzTarget {
    /// Lists as text, with columns of every separator, and as JSON lines; and that no place of a result lies outside the folder of results.
    static let lists = FuzzTarget(
        "lists",
        words: [
            "image_path", "label_index", "mask_path", "split", ",", "\"", "\"\"", "\r\n", "/", "../", "./", "//", "#",
            "label", "category", "lot", ";", "\t", "{\"", "\":", "}", "[", "]", "null", "1e308", "\\u0000", "\\ud800",
            "PAR1",
            ".png", ".jpg", "\u{FEFF}", "\0", "\u{0600}", "e\u{301}", "\u{200D}", "~", "~2", "~long/",
        ]
    ) {
        [
            "a.png\nb/c.jpg\n../d.tif\n/e/f.bmp\n# no image\n\n./#g.png\n",
            "image_path,label_index,mask_path,split\na.png,0,,train\nb/\"c.png\",1,m.png,test\n",
            "split,image_path\r\ntest,\"x, y.png\"\r\n train,\"say \"\"hello\"\".png\"\r\n",
            "\u{FEFF}image_path\nb.png\nB.PNG\nb.jpg\nb.png/c.png\nb~2.png\n",
            "image_path\tlabel\tlot\na.png\tgood\t7\n\"b\tc.png\"\tbad\t8\n",
            "label_index;image_path;category\n0;a.png;cap\n1;\"b;c.png\";cap\n",
            "{\"image_path\": \"a.png\", \"label\": \"good\", \"mask_path\": null}\n{\"label_index\": 1.0, \"image_path\": \"b\\u0041.png\"}\n",
            "{\"image_path\": \"a.png\", \"more\": {\"x\": [1, true, {}]}, \"lot\": 12345678901234567890, \"split\": \"train\"}",
            "object,split,label,image,mask\n.,train,normal,list.txt,\n.,test,anomaly,list.csv,list.txt\n",
            "\u{0600}.png\n..\u{0600}.png\na/\u{0600}..png\nx/..\n..\n.\n/\n",
        ].map { Array($0.utf8) }
    } read: { bytes, folder in
        // The table of a data set.
        mkdir(folder["split_csv"], 0o700)
        _ = folder.write(bytes, to: "split_csv/1cls.csv")
        _ = try? Manifest.ofDataSet(folder.path, layout: .visa)
        for name in ["list.txt", "list.csv", "list.tsv", "list.jsonl", "list.json"] {
            let file = folder.write(bytes, to: name)
            for column in [nil, "lot"] { _ = try? ImageList.read([file], lotColumn: column, groupColumn: column) }
            guard let list = try? ImageList.read([file]) else { continue }
            var taken: Set<String> = []
            for entry in list.entries {
                let place = entry.outputRelativePath(fileExtension: "png")
                demand(RelativePath.isContained(place), "'\(place)' leads out")
                demand(taken.insert(place.lowercased()).inserted, "'\(place)' comes twice")
            }
        }
    }
}
