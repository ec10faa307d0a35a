import ArgumentParser
import Backbone
import Settings

/// What the network is given, and what the model is made of.
struct NetworkOptions: ParsableArguments {
    @Option(
        help: "The backbone's weights: safetensors or a PyTorch state dict (default: the cache's).", completion: .file()
    )
    var weights: String?

    @Option(
        help: """
            What the backbone computes in. float32: as its weights were trained. int8: whole numbers of 8 bits, which is faster with AVX-512 VNNI or AMX, and gives the same features on \
            every processor; features change by some percent. The weights are quantised at the job's start, by what they are alone. The model remembers it.
            """)
    var precision = Precision.float32

    @Option(help: "Layers whose outputs are used, separated by commas (default: the backbone's for the recipe).")
    var layers: String?

    @Option(
        help: """
            The layer whose pixels are the patches: finest (the first layer; others are repeated) or coarsest (others are averaged) \
            (default: the recipe's; paper and anomalib have finest, lean coarsest). The model remembers it.
            """)
    var patchGrid: PatchGrid?

    @Option(
        help: ArgumentHelp(
            "How many channels of these layers to keep, or all (default: the backbone's; with lean mostly all).",
            valueName: "N|all"))
    var features: FeatureCount?

    @Option(help: "The seed by which channels are chosen.")
    var seed: UInt64 = 0

    @Option(
        help:
            "A file with the channels to keep, counted from 0 and separated by white space, instead of a choice by seed.",
        completion: .file())
    var channels: String?

    @Option(
        help:
            "Added to the diagonal of each covariance (default: the recipe's; paper and lean have 0.01, anomalib 0.01001)."
    )
    var epsilon: Double?

    @Option(
        help: ArgumentHelp(
            """
            none: each patch has the covariance of its own. pooled:V: the mean of all patches' covariances counts as V images beside \
            (default: the recipe's; paper and anomalib have none, lean pooled:30).
            """, valueName: "none|pooled:V"))
    var shrinkage: Shrinkage?

    @Option(
        help: ArgumentHelp(
            """
            The network's input: one side, or HEIGHTxWIDTH (default: the recipe's; paper has 224, anomalib 256).
            """, valueName: "pixels"))
    var inputSize: String?

    @Option(
        help: ArgumentHelp(
            "Resize the image's shorter side to this before the crop; needs --crop.", valueName: "pixels"))
    var resize: Int?

    @Option(help: ArgumentHelp("The side of the square that is cut from the image's middle.", valueName: "pixels"))
    var crop: Int?

    @Option(
        help: """
            byte: a resize rounds to 8 bits, twice, as Pillow does. float: it rounds nowhere, as torchvision and anomalib resize \
            tensors (default: the recipe's; paper has byte, anomalib float). The model remembers it.
            """)
    var resizePrecision: ResizePrecision?

    @Option(
        help: ArgumentHelp(
            """
            Subtracted from red, green and blue, where white is 1: three numbers as 0.485,0.456,0.406, or 'imagenet' for these, or \
            'backbone' for what the backbone was trained with (default: the recipe's; paper has backbone, anomalib imagenet). Goes \
            with --deviation. The model remembers both.
            """, valueName: "R,G,B"))
    var mean: String?

    @Option(
        help: ArgumentHelp(
            "What they are then divided by, in the same units: as 0.229,0.224,0.225, or a word as for --mean.",
            valueName: "R,G,B"))
    var deviation: String?

    @Option(
        help: ArgumentHelp(
            """
            Features are rounded to steps of 2^-N and may reach 2^(19-N). Smaller for a network whose activations are larger \
            (default: the recipe's; paper has 9, anomalib 13). The model remembers it.
            """, valueName: "N"))
    var gridExponent: Int?
}

/// The network whose features are used.
struct BackboneOption: ParsableArguments {
    @Option(
        help: """
            resnet18, resnet34, resnet50, resnet101, wide_resnet50_2, wide_resnet101_2, efficientnet_lite0 to _lite4, or \
            tf_efficientnet_b0 to _b7.
            """, completion: .list(Backbone.all.map(\.name)))
    var backbone: String
}
