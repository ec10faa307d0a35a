import Cluster

extension CoordinatorNote {
    /// What happened, without to whom and why.
    enum Kind: Hashable {
        case joined, relays, ready, left, died, stuck, refused, ineligible, unconfirmed, abandoned, worked, unusable,
            breach
        case abstains, beganAnew, artifactsLost, sawNothing, dropped, suspect, overdue, distrusted
    }

    var kind: Kind {
        switch self {
        case .joined: .joined
        case .relays: .relays
        case .ready: .ready
        case .left: .left
        case .died: .died
        case .stuck: .stuck
        case .refused: .refused
        case .ineligible: .ineligible
        case .abstains: .abstains
        case .unconfirmed: .unconfirmed
        case .abandoned: .abandoned
        case .worked: .worked
        case .unusable: .unusable
        case .breach: .breach
        case .beganAnew: .beganAnew
        case .artifactsLost: .artifactsLost
        case .sawNothing: .sawNothing
        case .dropped: .dropped
        case .suspect: .suspect
        case .overdue: .overdue
        case .distrusted: .distrusted
        }
    }
}
