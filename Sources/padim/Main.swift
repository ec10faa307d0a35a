import Terminal

@main
enum Main {
    static func main() async { await Program.run(PadimCommand.self) }
}
