export interface paths {
    "/api/anchors/catalog": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The catalog of anchors, page by page
         * @description One row for each home domain, direction, country and currency. `operational` says whether a payment may be routed there, and `why` gives the reasons.
         */
        get: operations["listAnchors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/anchors/countries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The countries that anchors of the catalog serve */
        get: operations["listCountries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/anchors/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What changed of anchors and listings, the oldest first */
        get: operations["listChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/anchors/{domain}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One home domain with its evidence */
        get: operations["showAnchor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A check of one home domain that anybody may ask for
         * @description For developers of anchors: each finding with what to do about it. Nothing is signed, and nothing of it counts in the catalog. What was found less than a minute ago is shown again.
         */
        get: operations["checkOnRequest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/anchors/{domain}/decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a person decides about a home domain or one of its listings */
        post: operations["decideAnchor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/anchors/diagnostics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A check of one home domain now, which stores nothing */
        post: operations["checkAnchor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether this deployment can do its work
         * @description Reasons, figures and times are shown to operators only.
         */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The figures of this deployment in the text format of Prometheus
         * @description They are read from the database alone, each up to a bound that its HELP line names.
         */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The reference of this API as a page, also at /docs */
        get: operations["readReference"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file that the page of the reference loads */
        get: operations["readReferenceFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["readOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/anchors/ops": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sync, refresh or import of the catalog
         * @description The answer depends on `action`. 502: an outside source failed. A sync has checked the known anchors even then. With `Accept: text/event-stream` each checked home domain is an event, and the answer is the last one.
         */
        get: operations["runOpsByQuery"];
        put?: never;
        /**
         * Sync, refresh or import of the catalog
         * @description The answer depends on `action`. 502: an outside source failed. A sync has checked the known anchors even then. With `Accept: text/event-stream` each checked home domain is an event, and the answer is the last one.
         */
        post: operations["runOps"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/anchors/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Checks the home domains that are due */
        get: operations["checkDueByGet"];
        put?: never;
        /** Checks the home domains that are due */
        post: operations["checkDue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/anchors/discover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Walks over the assets of the network on Horizon */
        get: operations["discoverByGet"];
        put?: never;
        /** Walks over the assets of the network on Horizon */
        post: operations["discover"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/settle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Settles updates whose outcome is open */
        get: operations["settleByGet"];
        put?: never;
        /** Settles updates whose outcome is open */
        post: operations["settle"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/payments/observe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Observes the payments of the configured accounts */
        get: operations["observeByGet"];
        put?: never;
        /**
         * Observes the payments of the configured accounts
         * @description With `account`, `startAt` and `note` it restarts one account instead.
         */
        post: operations["observe"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/event": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An event of the Anchor Platform, which is a hint to read its transaction
         * @description For the event server of the platform, which 2.x lets post to `/event`. Whatever the body holds, the answer is `{}`.
         */
        post: operations["takeEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/rpc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Updates in the form of the Anchor Platform: JSON-RPC 2.0, one object or a list
         * @description Each item has its own response, in order. An item whose outcome is not known yet answers -32603 with `data.state`, and is settled later. The methods that only read need the scope read as well.
         */
        post: operations["sendRpc"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/{id}/{method}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * One update of a transaction
         * @description The body is the params of the method without `transaction_id`.
         */
        post: operations["sendUpdate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The stored transactions, page by page */
        get: operations["listTransactions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One transaction with its history and its attempts */
        get: operations["showTransaction"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/attempts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The attempts of all transactions, page by page */
        get: operations["listAttempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/{id}/attempts/{attemptId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a person decides about an attempt */
        post: operations["decideAttempt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The observed payments with their verdicts, or open money with `open` */
        get: operations["listPayments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/payments/{operationId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One payment with its history and its prepared refund */
        get: operations["showPayment"];
        put?: never;
        /** What a person decides about a payment */
        post: operations["decidePayment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/payments/reconciliation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The books of the observed accounts */
        get: operations["readReconciliation"];
        put?: never;
        /** A snapshot now, or what a person explains of a difference */
        post: operations["decideBooks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/attention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything that waits for a person, with what may be done about it */
        get: operations["listAttention"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What people decided, page by page */
        get: operations["listDecisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The named keys, without their secrets */
        get: operations["listKeys"];
        put?: never;
        /** A new named key, whose secret is shown this once */
        post: operations["makeKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The revocation of a named key */
        post: operations["endKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The events that were told, page by page, and what became of each at every webhook */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends an event again: where it is parked, else to all webhooks */
        post: operations["replayEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events/deliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Delivers the events that wait to the configured webhooks */
        get: operations["deliverEventsByGet"];
        put?: never;
        /** Delivers the events that wait to the configured webhooks */
        post: operations["deliverEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    "transaction.status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The platform showed a transaction for the first time, or in another status. */
        post: operations["on_transaction_status"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "attempt.settled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The outcome of an update is known: APPLIED, REJECTED, NOT_APPLIED, EXPIRED or WITHDRAWN. */
        post: operations["on_attempt_settled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "attempt.waiting": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Only a person ends an update: it is MANUAL or LOST. */
        post: operations["on_attempt_waiting"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "payment.verdict": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A payment to or from an observed account got a verdict, or another one. */
        post: operations["on_payment_verdict"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "open_money.began": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A payment came in that belongs to nobody. */
        post: operations["on_open_money_began"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "open_money.ended": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A payment that belonged to nobody is credited, closed or explained. */
        post: operations["on_open_money_ended"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "difference.found": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The movements of an asset between two snapshots do not explain its balances. */
        post: operations["on_difference_found"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "difference.ended": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The missing movement was found, or a person explained the difference. */
        post: operations["on_difference_ended"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "anchor.switched": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A listing became operational, or is so no more. */
        post: operations["on_anchor_switched"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "anchor.changed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Something else of an anchor changed, which `change` names. */
        post: operations["on_anchor_changed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "anchor.held": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An anchor shows another identity, which does not count yet. */
        post: operations["on_anchor_held"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "anchor.flapping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The rules switched an anchor more than 3 times within 14 days. */
        post: operations["on_anchor_flapping"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "run.degraded": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Runs of this kind go wrong since this one: `degraded` (so many anchors failed that the fault is likely ours), `source_failed` or `broke_off`. */
        post: operations["on_run_degraded"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "run.recovered": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A run of this kind went well after one that did not. */
        post: operations["on_run_recovered"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "observer.alarm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The payment observer stopped at an account. */
        post: operations["on_observer_alarm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "observer.recovered": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The payment observer of an account goes on. */
        post: operations["on_observer_recovered"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        Action: {
            action: string;
            means: string;
            /** @constant */
            method: "POST";
            url: string;
            body: {
                [key: string]: unknown;
            };
            needs: string[];
        };
        AnchorChangedEvent: {
            /** @constant */
            type: "anchor.changed";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                network: string;
                domain: string;
                listing: string | null;
                change: string;
                changeId: string;
            };
        };
        AnchorFlappingEvent: {
            /** @constant */
            type: "anchor.flapping";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                network: string;
                domain: string;
                listing: string | null;
                change: string;
                changeId: string;
            };
        };
        AnchorHeldEvent: {
            /** @constant */
            type: "anchor.held";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                network: string;
                domain: string;
                listing: string | null;
                change: string;
                changeId: string;
            };
        };
        AnchorSwitchedEvent: {
            /** @constant */
            type: "anchor.switched";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                network: string;
                domain: string;
                listing: string | null;
                change: string;
                changeId: string;
            };
        };
        ArchivedPayment: {
            epoch: number;
            operationId: string;
            account: string;
            /** @enum {string} */
            kind: "payment" | "path_payment" | "create_account" | "account_merge" | "claimable_balance" | "clawback" | "contract_transfer" | "unknown";
            transactionHash: string;
            asset: string | null;
            amount: string | null;
            /** @enum {string} */
            verdict: "credited" | "transaction_failed" | "outgoing" | "no_memo" | "no_match" | "catching_up" | "not_awaiting" | "paid_outside_window" | "ambiguous" | "wrong_account" | "wrong_asset" | "amount_unknown" | "amount_short" | "amount_over" | "already_paid" | "sep31_path_payment" | "manual_review" | "update_refused";
            transactionId: string | null;
            /** Format: date-time */
            closedAt: string;
            /** @constant */
            state: "archived";
            /** @enum {string} */
            stateBefore: "open" | "closed" | "failed" | "outgoing" | "catching_up" | "credited" | "reported_by_hand" | "own" | "dust";
            /** Format: date-time */
            archivedAt: string;
        };
        Attempt: {
            /** Format: uuid */
            attemptId: string;
            seq: string;
            transactionId: string;
            method: string;
            params: {
                [key: string]: unknown;
            };
            naturalKey: string | null;
            custody: boolean;
            origin: string;
            keyName: string | null;
            requestKey: string | null;
            itemIndex: number;
            /** @enum {string} */
            state: "READY" | "SENDING" | "UNKNOWN" | "APPLIED" | "REJECTED" | "NOT_APPLIED" | "MANUAL" | "EXPIRED" | "WITHDRAWN" | "LOST";
            tries: number;
            rpcId: string | null;
            pre: {
                [key: string]: unknown;
            } | null;
            post: {
                [key: string]: unknown;
            } | null;
            sentAt: string | null;
            settleAt: string | null;
            expiresAt: string | null;
            outcome: {
                [key: string]: unknown;
            } | null;
            note: string | null;
            forced: string | null;
            ledger: {
                [key: string]: unknown;
            } | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            warnings?: ({
                param?: string;
                message: string;
            } & {
                [key: string]: unknown;
            })[];
        };
        AttemptSettledEvent: {
            /** @constant */
            type: "attempt.settled";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                /** Format: uuid */
                attemptId: string;
                transactionId: string;
                method: string;
                from: string;
                to: string;
            };
        };
        AttemptWaitingEvent: {
            /** @constant */
            type: "attempt.waiting";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                /** Format: uuid */
                attemptId: string;
                transactionId: string;
                method: string;
                from: string;
                to: string;
            };
        };
        Book: {
            epoch: number;
            account: string;
            asset: string;
            /** @enum {string} */
            snapshots: "both" | "missing";
            /** @enum {string} */
            movements: "whole" | "not_read";
            readUpTo: number | null;
            opening: {
                ledger: number;
                /** Format: date-time */
                closedAt: string;
                balance: string;
            } | null;
            closing: {
                ledger: number;
                /** Format: date-time */
                closedAt: string;
                balance: string;
            } | null;
            paymentsIn: {
                kind: string;
                movements: number;
                amount: string;
                state: string;
            }[];
            paymentsOut: {
                kind: string;
                movements: number;
                amount: string;
            }[];
            other: {
                kind: string;
                movements: number;
                amount: string;
            }[];
            moved: string;
            difference: string | null;
        };
        CatalogRow: {
            id: string;
            name: string;
            country: string;
            currency: string;
            /** @enum {string} */
            type: "on-ramp" | "off-ramp";
            operational: boolean;
            why: string[];
            rail: ("sep24" | "sep6" | "sep31" | "sep59") | null;
            asset: string | null;
            basis: string | null;
            /** @enum {string} */
            pairing: "given" | "multiplied";
            stellarAsset: components["schemas"]["StellarAsset"] | null;
            railUrl: string | null;
            fees: components["schemas"]["Fees"] | null;
            domain: string;
            /** @enum {string} */
            network: "mainnet" | "testnet";
            /** @enum {string} */
            step: "absent" | "declared" | "reachable" | "conformant" | "verified";
            features: {
                accountCreation?: boolean;
                claimableBalances?: boolean;
            } | null;
            signingKey: string | null;
            sep: {
                /** @enum {string} */
                sep6: "absent" | "declared" | "reachable" | "conformant" | "verified";
                /** @enum {string} */
                sep10: "absent" | "declared" | "reachable" | "conformant" | "verified";
                /** @enum {string} */
                sep12: "absent" | "declared" | "reachable" | "conformant" | "verified";
                /** @enum {string} */
                sep24: "absent" | "declared" | "reachable" | "conformant" | "verified";
                /** @enum {string} */
                sep31: "absent" | "declared" | "reachable" | "conformant" | "verified";
                /** @enum {string} */
                sep38: "absent" | "declared" | "reachable" | "conformant" | "verified";
                /** @enum {string} */
                sep45: "absent" | "declared" | "reachable" | "conformant" | "verified";
                /** @enum {string} */
                sep59: "absent" | "declared" | "reachable" | "conformant" | "verified";
            };
            evidence: {
                [key: string]: components["schemas"]["EvidenceAge"];
            };
            /** Format: date-time */
            updatedAt: string;
            lastCheckedAt: string | null;
        };
        CheckedDomain: {
            domain: string;
            /** @enum {string} */
            status: "ok" | "error";
            error?: string;
            processed: number;
            ok: number;
            errors: number;
        };
        DifferenceEndedEvent: {
            /** @constant */
            type: "difference.ended";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                epoch: number;
                account: string;
                asset: string;
                openingLedger: number;
                closingLedger: number;
            };
        };
        DifferenceFoundEvent: {
            /** @constant */
            type: "difference.found";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                epoch: number;
                account: string;
                asset: string;
                openingLedger: number;
                closingLedger: number;
            };
        };
        Error: {
            error: string;
            /** @enum {string} */
            code: "invalid_request_body" | "invalid_action" | "invalid_parameter" | "unauthorized" | "forbidden" | "not_found" | "idempotency_running" | "decision_refused" | "observer_running" | "import_refused" | "method_not_allowed" | "body_too_large" | "idempotency_conflict" | "too_many_checks" | "internal_error" | "platform_unavailable" | "source_unavailable" | "source_unusable" | "configuration_invalid" | "database_unavailable" | "lease_lost" | "ledger_changed";
            details?: {
                path: string;
                message: string;
            }[];
            idempotencyKey?: string;
            requestId: string;
            docs: string;
        };
        EvidenceAge: {
            seenAt: string | null;
            lastOkAt: string | null;
            protected: boolean;
            kept: boolean;
            /** Format: date-time */
            silentSince?: string;
            signedIn: {
                /** Format: date-time */
                at: string;
                /** @enum {string} */
                outcome: "ok" | "refused" | "failing" | "off";
                failures: number;
            } | null;
        };
        Fees: {
            enabled: boolean;
            /** @constant */
            authenticationRequired?: true;
            feeFixed?: string;
            feePercent?: string;
            feeMinimum?: string;
            minAmount?: string;
            maxAmount?: string;
            fundingMethods?: string[];
            unit: string;
        };
        Finding: {
            code: string;
            sep: number;
            field?: string;
            expected: string;
            actual?: string;
        };
        ImportAnswer: {
            /** @constant */
            status: "ok";
            /** @constant */
            action: "import_directory";
            dryRun: boolean;
            source: string;
            totalNormalized: number;
            skippedSourceRows: number;
            rejectedByDomain: number;
            allowedDomainsCount: number;
            provenance: {
                /** @enum {string} */
                kind: "request_body" | "download";
                host: string | null;
            };
            written: number;
            sample: {
                id: string;
                name: string;
                domain: string;
                country: string;
                currency: string;
                /** @enum {string} */
                type: "on-ramp" | "off-ramp";
            }[];
            rejected: {
                index: number;
                reason: string;
            }[];
            changes?: {
                new: number;
                changed: number;
                unchanged: number;
                dropped: number;
            };
            refusal?: string | null;
        };
        Key: {
            name: string;
            scopes: ("read" | "update" | "force" | "decide")[];
            createdBy: string;
            /** Format: date-time */
            createdAt: string;
            expiresAt: string | null;
            revokedBy: string | null;
            revokedAt: string | null;
            /** @enum {string} */
            state: "usable" | "expired" | "revoked";
        };
        ListingResult: {
            id: string;
            domain: string;
            /** @enum {string} */
            status: "ok" | "error";
            error?: string;
            autoDisabled?: boolean;
            sep1_404_count?: number;
        };
        ObserverAlarmEvent: {
            /** @constant */
            type: "observer.alarm";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                account: string;
                source: string;
                code: string;
            };
        };
        ObserverRecoveredEvent: {
            /** @constant */
            type: "observer.recovered";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                account: string;
                source: string;
                code: string;
            };
        };
        OpenMoneyBeganEvent: {
            /** @constant */
            type: "open_money.began";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                operationId: string;
                epoch: number;
                account: string;
                verdict: string;
                transactionId: string | null;
            };
        };
        OpenMoneyEndedEvent: {
            /** @constant */
            type: "open_money.ended";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                operationId: string;
                epoch: number;
                account: string;
                verdict: string;
                transactionId: string | null;
            };
        };
        Payment: {
            epoch: number;
            isPresentEpoch: boolean;
            operationId: string;
            account: string;
            /** @enum {string} */
            source: "horizon" | "rpc";
            ledger: number;
            /** Format: date-time */
            closedAt: string;
            transactionHash: string;
            successful: boolean;
            /** @enum {string} */
            kind: "payment" | "path_payment" | "create_account" | "account_merge" | "claimable_balance" | "clawback" | "contract_transfer" | "unknown";
            from: string | null;
            fromMuxedId: string | null;
            to: string | null;
            toMuxedId: string | null;
            asset: string | null;
            amount: string | null;
            /** @enum {string} */
            memoType: "none" | "text" | "id" | "hash" | "other";
            memo: string | null;
            /** @enum {string} */
            verdict: "credited" | "transaction_failed" | "outgoing" | "no_memo" | "no_match" | "catching_up" | "not_awaiting" | "paid_outside_window" | "ambiguous" | "wrong_account" | "wrong_asset" | "amount_unknown" | "amount_short" | "amount_over" | "already_paid" | "sep31_path_payment" | "manual_review" | "update_refused";
            sentence: string;
            evidence: {
                [key: string]: unknown;
            };
            transactionId: string | null;
            attemptId: string | null;
            attemptState: string | null;
            latestAttempt: {
                /** Format: uuid */
                id: string;
                /** @enum {string} */
                state: "READY" | "SENDING" | "UNKNOWN" | "APPLIED" | "REJECTED" | "NOT_APPLIED" | "MANUAL" | "EXPIRED" | "WITHDRAWN" | "LOST";
            } | null;
            /** @enum {string} */
            state: "open" | "closed" | "failed" | "outgoing" | "catching_up" | "credited" | "reported_by_hand" | "own" | "dust";
            openSince: string | null;
            /** Format: date-time */
            recordedAt: string;
            /** Format: date-time */
            judgedAt: string;
            earlier: {
                /** @enum {string} */
                verdict: "credited" | "transaction_failed" | "outgoing" | "no_memo" | "no_match" | "catching_up" | "not_awaiting" | "paid_outside_window" | "ambiguous" | "wrong_account" | "wrong_asset" | "amount_unknown" | "amount_short" | "amount_over" | "already_paid" | "sep31_path_payment" | "manual_review" | "update_refused";
                sentence: string;
                /** Format: date-time */
                judgedAt: string;
            }[];
        };
        PaymentVerdictEvent: {
            /** @constant */
            type: "payment.verdict";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                operationId: string;
                epoch: number;
                account: string;
                verdict: string;
                transactionId: string | null;
                attemptId: string | null;
                from: string | null;
            };
        };
        RefreshAnswer: {
            /** @constant */
            status: "ok";
            /** @constant */
            action: "refresh_capabilities";
            runId: string;
            refreshed: number;
            ok: number;
            errors: number;
            degraded: boolean;
            remaining: number;
            results: components["schemas"]["ListingResult"][];
            /** @enum {string} */
            skipped?: "already_running" | "recent";
        };
        Refund: {
            source: string;
            destination: string;
            asset: string;
            amount: string;
            memo: {
                [key: string]: unknown;
            };
            feeStroops: string;
            sequence: string;
            /** Format: date-time */
            validUntil: string;
            networkPassphrase: string;
            transactionHash: string;
            xdr: string;
            link: string;
            cautions: string[];
        } | {
            unavailable: string;
        };
        RefusedUpdate: {
            error: string;
            code: number;
            data?: {
                [key: string]: unknown;
            };
            warnings?: ({
                param?: string;
                message: string;
            } & {
                [key: string]: unknown;
            })[];
            attempt?: {
                id: string;
                /** @enum {string} */
                state: "READY" | "SENDING" | "UNKNOWN" | "APPLIED" | "REJECTED" | "NOT_APPLIED" | "MANUAL" | "EXPIRED" | "WITHDRAWN" | "LOST";
                warnings?: ({
                    param?: string;
                    message: string;
                } & {
                    [key: string]: unknown;
                })[];
            };
        };
        RpcRequest: {
            /** @constant */
            jsonrpc: "2.0";
            id: string | number;
            method: string;
            params: {
                [key: string]: unknown;
            };
        };
        RpcResponse: {
            /** @constant */
            jsonrpc: "2.0";
            result: unknown;
            id: string | number;
        } | {
            /** @constant */
            jsonrpc: "2.0";
            error: {
                id?: string;
                code: number;
                message: string;
                data?: {
                    [key: string]: unknown;
                };
            };
            id?: unknown;
        };
        RunDegradedEvent: {
            /** @constant */
            type: "run.degraded";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                /** Format: uuid */
                runId: string;
                kind: string;
                reason: string;
            };
        };
        RunRecoveredEvent: {
            /** @constant */
            type: "run.recovered";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                /** Format: uuid */
                runId: string;
                kind: string;
                reason: string;
            };
        };
        StellarAsset: {
            code: string;
            issuer: string | null;
            contract: string | null;
            status: string | null;
            anchorAsset: string | null;
            anchorAssetType: string | null;
            link: string | null;
        };
        SyncAnswer: {
            /** @enum {string} */
            status: "ok" | "error";
            /** @constant */
            action: "sync";
            error?: string;
            /** @enum {string} */
            code?: "invalid_request_body" | "invalid_action" | "invalid_parameter" | "unauthorized" | "forbidden" | "not_found" | "idempotency_running" | "decision_refused" | "observer_running" | "import_refused" | "method_not_allowed" | "body_too_large" | "idempotency_conflict" | "too_many_checks" | "internal_error" | "platform_unavailable" | "source_unavailable" | "source_unusable" | "configuration_invalid" | "database_unavailable" | "lease_lost" | "ledger_changed";
            requestId?: string;
            docs?: string;
            runId: string;
            /** Format: date-time */
            triggeredAt: string;
            durationMs: number;
            /** @enum {string} */
            skipped?: "already_running" | "recent";
            sourceUrl: string | null;
            /** @enum {string} */
            discoveryMode: "directory" | "horizon";
            import: {
                source: string | null;
                totalNormalized: number;
                written: number;
                skippedSourceRows: number;
            };
            refresh: {
                requested: number;
                processed: number;
                ok: number;
                errors: number;
            };
            degraded: boolean;
            remaining: number;
            results: components["schemas"]["ListingResult"][];
        };
        TransactionStatusEvent: {
            /** @constant */
            type: "transaction.status";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /**
             * Format: uuid
             * @description The same in each repeat and replay, as in the header `webhook-id`.
             */
            id: string;
            /** @description Events of one subject come one after the other, such as transaction/ID. */
            subject: string;
            /** @description Grows with each event. A lower one than before is a repeat that came late. */
            position: string;
            /**
             * @description A person had it sent again.
             * @constant
             */
            replayed?: true;
            /** @description Earlier events of the subject that were not taken and are parked. */
            missed?: string[];
            data: {
                transactionId: string;
                from: string | null;
                to: string;
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listAnchors: {
        parameters: {
            query?: {
                /** @description a part of a name or of a home domain: 1 to 100 characters */
                search?: string;
                /** @description an ISO 3166-1 alpha-2 code, or ZZ for worldwide */
                country?: string;
                /** @description 1 to 12 letters or digits */
                currency?: string;
                /** @description on-ramp, off-ramp */
                type?: "on-ramp" | "off-ramp";
                /** @description mainnet, testnet */
                network?: "mainnet" | "testnet";
                /** @description sep6, sep10, sep12, sep24, sep31, sep38, sep45, sep59 */
                sep?: "sep6" | "sep10" | "sep12" | "sep24" | "sep31" | "sep38" | "sep45" | "sep59";
                /** @description declared, reachable, conformant, verified */
                minStep?: "declared" | "reachable" | "conformant" | "verified";
                /** @description the code of an asset on the ledger: 1 to 12 letters or digits */
                asset?: string;
                /** @description an account (G…), or native */
                issuer?: string;
                /** @description an ISO 8601 instant in UTC such as 2026-11-21T08:00:00Z, from the year 1 on */
                updatedSince?: string;
                operationalOnly?: boolean;
                /** @description json, csv */
                format?: "json" | "csv";
                /** @description an integer from 1 to 500 */
                limit?: number;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the catalog. */
            200: {
                headers: {
                    /** @description The tag of the answer, for If-None-Match. */
                    etag?: string;
                    /** @description Of a CSV: the name of the file. */
                    "content-disposition"?: string;
                    /** @description Of a CSV with a next page: its URL, with rel="next". */
                    link?: string;
                    /** @description Of a CSV with a next page: its cursor. */
                    "x-next-cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        anchors: components["schemas"]["CatalogRow"][];
                        next: string | null;
                    };
                    "text/csv": string;
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listCountries: {
        parameters: {
            query?: {
                includeNonOperational?: boolean;
                /** @description mainnet, testnet */
                network?: "mainnet" | "testnet";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All countries. */
            200: {
                headers: {
                    /** @description The tag of the answer, for If-None-Match. */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        countries: {
                            code: string;
                            name: string;
                            currencies: string[];
                            onRampCount: number;
                            offRampCount: number;
                            operationalAnchors: number;
                        }[];
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listChanges: {
        parameters: {
            query?: {
                /** @description an ISO 8601 instant in UTC such as 2026-11-21T08:00:00Z, from the year 1 on */
                since?: string;
                /** @description a home domain such as anchor.example.org: no scheme, port, path, IP address or reserved name such as anchor.local */
                domain?: string;
                /** @description listing_on, listing_off, domain_disabled, domain_returned, domain_flapping, drift, held, released, accepted, step_gained, step_lost, delisted, relisted */
                kind?: "listing_on" | "listing_off" | "domain_disabled" | "domain_returned" | "domain_flapping" | "drift" | "held" | "released" | "accepted" | "step_gained" | "step_lost" | "delisted" | "relisted";
                /** @description mainnet, testnet */
                network?: "mainnet" | "testnet";
                /** @description an integer from 1 to 500 */
                limit?: number;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of changes. */
            200: {
                headers: {
                    /** @description The tag of the answer, for If-None-Match. */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changes: {
                            id: string;
                            /** Format: date-time */
                            at: string;
                            /** @enum {string} */
                            kind: "listing_on" | "listing_off" | "domain_disabled" | "domain_returned" | "domain_flapping" | "drift" | "held" | "released" | "accepted" | "step_gained" | "step_lost" | "delisted" | "relisted";
                            /** @enum {string} */
                            network: "mainnet" | "testnet";
                            domain: string;
                            listing: string | null;
                            before: {
                                [key: string]: unknown;
                            } | null;
                            after: {
                                [key: string]: unknown;
                            } | null;
                        }[];
                        next: string | null;
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    showAnchor: {
        parameters: {
            query?: {
                /** @description mainnet, testnet */
                network?: "mainnet" | "testnet";
            };
            header?: never;
            path: {
                /** @description a home domain such as anchor.example.org: no scheme, port, path, IP address or reserved name such as anchor.local */
                domain: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The evidence. */
            200: {
                headers: {
                    /** @description The tag of the answer, for If-None-Match. */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        network: "mainnet" | "testnet";
                        domain: string;
                        /** Format: date-time */
                        firstSeenAt: string;
                        lastCheckedAt: string | null;
                        lastOkAt: string | null;
                        durationMs: number | null;
                        outcome: ("ok" | "definite" | "policy" | "unsure") | null;
                        error: string | null;
                        operational: boolean;
                        capability: {
                            [key: string]: unknown;
                        } | null;
                        evidence: {
                            [key: string]: components["schemas"]["EvidenceAge"];
                        };
                        trust: {
                            trusted: boolean;
                            /** @constant */
                            unsure?: true;
                            reasons: {
                                code: string;
                                message: string;
                            }[];
                        } | null;
                        findings: components["schemas"]["Finding"][];
                        evidenceAt: string | null;
                        health: {
                            /** @default 0 */
                            notFoundCount: number;
                            /** @default 0 */
                            policyFailureCount: number;
                            /** @default 0 */
                            okStreak: number;
                            /** @default null */
                            autoDisabledReason: ("sep1_not_found" | "policy" | "flapping") | null;
                            /** @default null */
                            lastOutcome: ("ok" | "definite" | "policy" | "unsure") | null;
                            /** @default false */
                            wasOk: boolean;
                            /** @default 0 */
                            failuresInARow: number;
                            /** @default 0 */
                            idle: number;
                            /** @default [] */
                            flips: string[];
                        };
                        autoDisabledAt: string | null;
                        days: {
                            /** Format: date */
                            day: string;
                            checks: number;
                            ok: number;
                            medianMs: number;
                            p95Ms: number;
                            steps: string;
                        }[];
                        personSays: ("enable" | "disable") | null;
                        decisions: {
                            /** Format: uuid */
                            id: string;
                            /** Format: date-time */
                            at: string;
                            keyName: string;
                            /** @enum {string} */
                            about: "attempt" | "payment" | "observer" | "books" | "anchor" | "listing" | "key";
                            subject: string;
                            transactionId: string | null;
                            decision: string;
                            note: string | null;
                            reading: {
                                [key: string]: unknown;
                            };
                            newAttemptId: string | null;
                        }[];
                        listings: {
                            id: string;
                            name: string;
                            country: string;
                            currency: string;
                            /** @enum {string} */
                            type: "on-ramp" | "off-ramp";
                            active: boolean;
                            operational: boolean;
                            why: string[];
                            rail: ("sep24" | "sep6" | "sep31" | "sep59") | null;
                            asset: string | null;
                            basis: string | null;
                            /** @enum {string} */
                            pairing: "given" | "multiplied";
                            stellarAsset: components["schemas"]["StellarAsset"] | null;
                            railUrl: string | null;
                            fees: components["schemas"]["Fees"] | null;
                            operationalUntil: string | null;
                            personSays: ("enable" | "disable") | null;
                            source: string;
                            /** Format: date-time */
                            firstListedAt: string;
                            /** Format: date-time */
                            lastListedAt: string;
                        }[];
                        checks: {
                            /** Format: date-time */
                            checkedAt: string;
                            /** Format: uuid */
                            runId: string;
                            /** @enum {string} */
                            outcome: "ok" | "definite" | "policy" | "unsure";
                            error: string | null;
                            durationMs: number;
                            findings: components["schemas"]["Finding"][];
                        }[];
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code not_found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    checkOnRequest: {
        parameters: {
            query: {
                /** @description a home domain such as anchor.example.org: no scheme, port, path, IP address or reserved name such as anchor.local */
                domain: string;
                /** @description json, markdown */
                format?: "json" | "markdown";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        network: "mainnet" | "testnet";
                        domain: string;
                        /** Format: date-time */
                        checkedAt: string;
                        durationMs: number;
                        /** @enum {string} */
                        outcome: "ok" | "definite" | "policy" | "unsure";
                        error: string | null;
                        trust: {
                            trusted: boolean;
                            reasons: string[];
                        } | null;
                        steps: {
                            /** @enum {string} */
                            sep6: "absent" | "declared" | "reachable" | "conformant" | "verified";
                            /** @enum {string} */
                            sep10: "absent" | "declared" | "reachable" | "conformant" | "verified";
                            /** @enum {string} */
                            sep12: "absent" | "declared" | "reachable" | "conformant" | "verified";
                            /** @enum {string} */
                            sep24: "absent" | "declared" | "reachable" | "conformant" | "verified";
                            /** @enum {string} */
                            sep31: "absent" | "declared" | "reachable" | "conformant" | "verified";
                            /** @enum {string} */
                            sep38: "absent" | "declared" | "reachable" | "conformant" | "verified";
                            /** @enum {string} */
                            sep45: "absent" | "declared" | "reachable" | "conformant" | "verified";
                            /** @enum {string} */
                            sep59: "absent" | "declared" | "reachable" | "conformant" | "verified";
                        } | null;
                        findings: {
                            code: string;
                            sep: number;
                            field?: string;
                            expected: string;
                            actual?: string;
                            meaning: string;
                            advice: string;
                        }[];
                        moreFindings: number;
                        listings: {
                            id: string;
                            operational: boolean;
                            why: string[];
                        }[];
                    };
                    "text/markdown": string;
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code too_many_checks. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    decideAnchor: {
        parameters: {
            query?: {
                /** @description mainnet, testnet */
                network?: "mainnet" | "testnet";
            };
            header?: never;
            path: {
                /** @description a home domain such as anchor.example.org: no scheme, port, path, IP address or reserved name such as anchor.local */
                domain: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "decision": "disable",
                 *       "note": "Their bank is closed"
                 *     }
                 */
                "application/json": {
                    /** @constant */
                    decision: "enable";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                    /** @description the id of a listing of this home domain, as the catalog shows it */
                    listing?: string;
                } | {
                    /** @constant */
                    decision: "disable";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                    /** @description the id of a listing of this home domain, as the catalog shows it */
                    listing?: string;
                } | {
                    /** @constant */
                    decision: "forget";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                    /** @description the id of a listing of this home domain, as the catalog shows it */
                    listing?: string;
                } | {
                    /** @constant */
                    decision: "accept";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                    /**
                     * Format: date-time
                     * @description an ISO 8601 instant in UTC such as 2026-11-21T08:00:00Z, from the year 1 on
                     */
                    since?: string;
                };
            };
        };
        responses: {
            /** @description The stored decision. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        decision: {
                            /** Format: uuid */
                            id: string;
                            /** Format: date-time */
                            at: string;
                            keyName: string;
                            /** @enum {string} */
                            about: "attempt" | "payment" | "observer" | "books" | "anchor" | "listing" | "key";
                            subject: string;
                            transactionId: string | null;
                            decision: string;
                            note: string | null;
                            reading: {
                                [key: string]: unknown;
                            };
                            newAttemptId: string | null;
                        };
                    };
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code not_found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code decision_refused. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    checkAnchor: {
        parameters: {
            query?: {
                /** @description a home domain such as anchor.example.org: no scheme, port, path, IP address or reserved name such as anchor.local */
                domain?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description a home domain such as anchor.example.org: no scheme, port, path, IP address or reserved name such as anchor.local */
                    domain?: string;
                };
            };
        };
        responses: {
            /** @description What the check saw. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        network: "mainnet" | "testnet";
                        domain: string;
                        /** Format: date-time */
                        checkedAt: string;
                        durationMs: number;
                        /** @enum {string} */
                        outcome: "ok" | "definite" | "policy" | "unsure";
                        error?: string;
                        capability: {
                            [key: string]: unknown;
                        } | null;
                        trust: {
                            trusted: boolean;
                            /** @constant */
                            unsure?: true;
                            reasons: {
                                code: string;
                                message: string;
                            }[];
                        } | null;
                        operational: boolean | null;
                        findings: components["schemas"]["Finding"][];
                        listings: {
                            id: string;
                            operational: boolean;
                            why: string[];
                            rail: ("sep24" | "sep6" | "sep31" | "sep59") | null;
                            asset: string | null;
                            basis: string | null;
                            until: string | null;
                            stale?: string;
                        }[] | null;
                        patienceSeconds: number;
                    };
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It can. `degraded`: something waits for a person. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok" | "degraded" | "error";
                        version: string;
                        reasons?: {
                            check: string;
                            code: string;
                            message: string;
                            docs: string;
                            /** Format: date-time */
                            since?: string;
                        }[];
                        checks: {
                            [key: string]: {
                                /** @enum {string} */
                                status: "ok" | "warning" | "error";
                                reason?: string;
                            } & {
                                [key: string]: unknown;
                            };
                        };
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The database cannot be used. An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok" | "degraded" | "error";
                        version: string;
                        reasons?: {
                            check: string;
                            code: string;
                            message: string;
                            docs: string;
                            /** Format: date-time */
                            since?: string;
                        }[];
                        checks: {
                            [key: string]: {
                                /** @enum {string} */
                                status: "ok" | "warning" | "error";
                                reason?: string;
                            } & {
                                [key: string]: unknown;
                            };
                        };
                    } | components["schemas"]["Error"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    readReference: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    readReferenceFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A style sheet or a script. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/*": string;
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code not_found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    readOpenApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An OpenAPI 3.1 document. */
            200: {
                headers: {
                    /** @description The tag of the answer, for If-None-Match. */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        openapi: "3.1.0";
                        paths: {
                            [key: string]: unknown;
                        };
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    runOpsByQuery: {
        parameters: {
            query?: {
                /** @description an integer from 1 to 500 */
                limit?: number;
                /** @description an ISO 3166-1 alpha-2 code, or ZZ for worldwide */
                country?: string;
                /** @description an integer from 1 to 20 */
                sep1DisableThreshold?: number;
                /** @description an https URL of at most 2,048 characters */
                downloadUrl?: string;
                /** @description an array of at most 5000 anchor objects */
                anchors?: unknown[];
                dryRun?: boolean;
                active?: boolean;
                force?: boolean;
                /** @description a list of at most 5000 texts */
                allowedDomains?: string[];
                useEnvAllowedDomains?: boolean;
                /** @description directory, horizon */
                mode?: "directory" | "horizon";
                /** @description an https URL of at most 2,048 characters */
                sourceUrl?: string;
                /** @description an https URL of at most 2,048 characters */
                directoryHome?: string;
                allowHorizon?: boolean;
                /** @description an https URL of at most 2,048 characters */
                horizonUrl?: string;
                /** @description an integer from 10 to 1000 */
                issuerLimit?: number;
                /** @description an integer from 1 to 10 */
                assetPages?: number;
                /** @description an integer from 1 to 50 */
                issuerConcurrency?: number;
                /** @description an integer from 1 to 64 */
                domainConcurrency?: number;
                /** @description an integer from 1 to 1000 */
                refreshLimit?: number;
                action?: unknown;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the action did. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncAnswer"] | components["schemas"]["RefreshAnswer"] | components["schemas"]["ImportAnswer"];
                    "text/event-stream": string;
                };
            };
            /** @description An error with the code invalid_parameter, invalid_action. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code import_refused. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An outside source failed. An error with the code source_unavailable, source_unusable. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": (components["schemas"]["SyncAnswer"] | {
                        /** @constant */
                        status: "error";
                        /** @constant */
                        action: "import_directory";
                        error?: string;
                        /** @enum {string} */
                        code?: "invalid_request_body" | "invalid_action" | "invalid_parameter" | "unauthorized" | "forbidden" | "not_found" | "idempotency_running" | "decision_refused" | "observer_running" | "import_refused" | "method_not_allowed" | "body_too_large" | "idempotency_conflict" | "too_many_checks" | "internal_error" | "platform_unavailable" | "source_unavailable" | "source_unusable" | "configuration_invalid" | "database_unavailable" | "lease_lost" | "ledger_changed";
                        requestId?: string;
                        docs?: string;
                    }) | components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable, lease_lost. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    runOps: {
        parameters: {
            query?: {
                /** @description an integer from 1 to 500 */
                limit?: number;
                /** @description an ISO 3166-1 alpha-2 code, or ZZ for worldwide */
                country?: string;
                /** @description an integer from 1 to 20 */
                sep1DisableThreshold?: number;
                /** @description an https URL of at most 2,048 characters */
                downloadUrl?: string;
                /** @description an array of at most 5000 anchor objects */
                anchors?: unknown[];
                dryRun?: boolean;
                active?: boolean;
                force?: boolean;
                /** @description a list of at most 5000 texts */
                allowedDomains?: string[];
                useEnvAllowedDomains?: boolean;
                /** @description directory, horizon */
                mode?: "directory" | "horizon";
                /** @description an https URL of at most 2,048 characters */
                sourceUrl?: string;
                /** @description an https URL of at most 2,048 characters */
                directoryHome?: string;
                allowHorizon?: boolean;
                /** @description an https URL of at most 2,048 characters */
                horizonUrl?: string;
                /** @description an integer from 10 to 1000 */
                issuerLimit?: number;
                /** @description an integer from 1 to 10 */
                assetPages?: number;
                /** @description an integer from 1 to 50 */
                issuerConcurrency?: number;
                /** @description an integer from 1 to 64 */
                domainConcurrency?: number;
                /** @description an integer from 1 to 1000 */
                refreshLimit?: number;
                action?: unknown;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description an integer from 1 to 500 */
                    limit?: number;
                    /** @description an ISO 3166-1 alpha-2 code, or ZZ for worldwide */
                    country?: string;
                    /** @description an integer from 1 to 20 */
                    sep1DisableThreshold?: number;
                    /** @description an https URL of at most 2,048 characters */
                    downloadUrl?: string;
                    /** @description an array of at most 5000 anchor objects */
                    anchors?: unknown[];
                    dryRun?: boolean;
                    active?: boolean;
                    force?: boolean;
                    /** @description a list of at most 5000 texts */
                    allowedDomains?: string[];
                    useEnvAllowedDomains?: boolean;
                    /**
                     * @description directory, horizon
                     * @enum {string}
                     */
                    mode?: "directory" | "horizon";
                    /** @description an https URL of at most 2,048 characters */
                    sourceUrl?: string;
                    /** @description an https URL of at most 2,048 characters */
                    directoryHome?: string;
                    allowHorizon?: boolean;
                    /** @description an https URL of at most 2,048 characters */
                    horizonUrl?: string;
                    /** @description an integer from 10 to 1000 */
                    issuerLimit?: number;
                    /** @description an integer from 1 to 10 */
                    assetPages?: number;
                    /** @description an integer from 1 to 50 */
                    issuerConcurrency?: number;
                    /** @description an integer from 1 to 64 */
                    domainConcurrency?: number;
                    /** @description an integer from 1 to 1000 */
                    refreshLimit?: number;
                    action?: unknown;
                };
            };
        };
        responses: {
            /** @description What the action did. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncAnswer"] | components["schemas"]["RefreshAnswer"] | components["schemas"]["ImportAnswer"];
                    "text/event-stream": string;
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body, invalid_action. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code import_refused. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An outside source failed. An error with the code source_unavailable, source_unusable. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": (components["schemas"]["SyncAnswer"] | {
                        /** @constant */
                        status: "error";
                        /** @constant */
                        action: "import_directory";
                        error?: string;
                        /** @enum {string} */
                        code?: "invalid_request_body" | "invalid_action" | "invalid_parameter" | "unauthorized" | "forbidden" | "not_found" | "idempotency_running" | "decision_refused" | "observer_running" | "import_refused" | "method_not_allowed" | "body_too_large" | "idempotency_conflict" | "too_many_checks" | "internal_error" | "platform_unavailable" | "source_unavailable" | "source_unusable" | "configuration_invalid" | "database_unavailable" | "lease_lost" | "ledger_changed";
                        requestId?: string;
                        docs?: string;
                    }) | components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable, lease_lost. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    checkDueByGet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was checked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                        /** @constant */
                        action: "check";
                        runId: string;
                        /** Format: date-time */
                        triggeredAt: string;
                        durationMs: number;
                        /** @enum {string} */
                        skipped?: "already_running" | "recent";
                        processed: number;
                        ok: number;
                        errors: number;
                        lost: number;
                        remaining: number;
                        degraded: boolean;
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    checkDue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description What was checked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                        /** @constant */
                        action: "check";
                        runId: string;
                        /** Format: date-time */
                        triggeredAt: string;
                        durationMs: number;
                        /** @enum {string} */
                        skipped?: "already_running" | "recent";
                        processed: number;
                        ok: number;
                        errors: number;
                        lost: number;
                        remaining: number;
                        degraded: boolean;
                    };
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    discoverByGet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok" | "error";
                        /** @constant */
                        action: "discover";
                        error?: string;
                        /** @enum {string} */
                        code?: "invalid_request_body" | "invalid_action" | "invalid_parameter" | "unauthorized" | "forbidden" | "not_found" | "idempotency_running" | "decision_refused" | "observer_running" | "import_refused" | "method_not_allowed" | "body_too_large" | "idempotency_conflict" | "too_many_checks" | "internal_error" | "platform_unavailable" | "source_unavailable" | "source_unusable" | "configuration_invalid" | "database_unavailable" | "lease_lost" | "ledger_changed";
                        requestId?: string;
                        docs?: string;
                        runId: string;
                        /** Format: date-time */
                        triggeredAt: string;
                        durationMs: number;
                        /** @enum {string} */
                        skipped?: "already_running" | "recent";
                        source: string;
                        pages: number;
                        listings: number;
                        new: number;
                        skippedRecords: number;
                        stopped: string | null;
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Horizon failed. What was read before is stored. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok" | "error";
                        /** @constant */
                        action: "discover";
                        error?: string;
                        /** @enum {string} */
                        code?: "invalid_request_body" | "invalid_action" | "invalid_parameter" | "unauthorized" | "forbidden" | "not_found" | "idempotency_running" | "decision_refused" | "observer_running" | "import_refused" | "method_not_allowed" | "body_too_large" | "idempotency_conflict" | "too_many_checks" | "internal_error" | "platform_unavailable" | "source_unavailable" | "source_unusable" | "configuration_invalid" | "database_unavailable" | "lease_lost" | "ledger_changed";
                        requestId?: string;
                        docs?: string;
                        runId: string;
                        /** Format: date-time */
                        triggeredAt: string;
                        durationMs: number;
                        /** @enum {string} */
                        skipped?: "already_running" | "recent";
                        source: string;
                        pages: number;
                        listings: number;
                        new: number;
                        skippedRecords: number;
                        stopped: string | null;
                    };
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable, lease_lost. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    discover: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description What was found. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok" | "error";
                        /** @constant */
                        action: "discover";
                        error?: string;
                        /** @enum {string} */
                        code?: "invalid_request_body" | "invalid_action" | "invalid_parameter" | "unauthorized" | "forbidden" | "not_found" | "idempotency_running" | "decision_refused" | "observer_running" | "import_refused" | "method_not_allowed" | "body_too_large" | "idempotency_conflict" | "too_many_checks" | "internal_error" | "platform_unavailable" | "source_unavailable" | "source_unusable" | "configuration_invalid" | "database_unavailable" | "lease_lost" | "ledger_changed";
                        requestId?: string;
                        docs?: string;
                        runId: string;
                        /** Format: date-time */
                        triggeredAt: string;
                        durationMs: number;
                        /** @enum {string} */
                        skipped?: "already_running" | "recent";
                        source: string;
                        pages: number;
                        listings: number;
                        new: number;
                        skippedRecords: number;
                        stopped: string | null;
                    };
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Horizon failed. What was read before is stored. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok" | "error";
                        /** @constant */
                        action: "discover";
                        error?: string;
                        /** @enum {string} */
                        code?: "invalid_request_body" | "invalid_action" | "invalid_parameter" | "unauthorized" | "forbidden" | "not_found" | "idempotency_running" | "decision_refused" | "observer_running" | "import_refused" | "method_not_allowed" | "body_too_large" | "idempotency_conflict" | "too_many_checks" | "internal_error" | "platform_unavailable" | "source_unavailable" | "source_unusable" | "configuration_invalid" | "database_unavailable" | "lease_lost" | "ledger_changed";
                        requestId?: string;
                        docs?: string;
                        runId: string;
                        /** Format: date-time */
                        triggeredAt: string;
                        durationMs: number;
                        /** @enum {string} */
                        skipped?: "already_running" | "recent";
                        source: string;
                        pages: number;
                        listings: number;
                        new: number;
                        skippedRecords: number;
                        stopped: string | null;
                    };
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable, lease_lost. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    settleByGet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many were settled, and how. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        settled: number;
                        applied: number;
                        rejected: number;
                        notApplied: number;
                        manual: number;
                        remaining: number;
                        /** @constant */
                        skipped?: "not_configured";
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code platform_unavailable. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    settle: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description How many were settled, and how. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        settled: number;
                        applied: number;
                        rejected: number;
                        notApplied: number;
                        manual: number;
                        remaining: number;
                        /** @constant */
                        skipped?: "not_configured";
                    };
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code platform_unavailable. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    observeByGet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What each account had. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        accounts: {
                            account: string;
                            from: string | null;
                            to: string | null;
                            payments: number;
                            credited: number;
                            refused: {
                                [key: string]: number;
                            };
                            remaining: boolean;
                            lagSeconds: number | null;
                            /** @constant */
                            catchingUp?: true;
                            /** @constant */
                            skipped?: "already_running";
                            alarm?: {
                                code: string;
                                message: string;
                            };
                            books?: {
                                movements: number;
                                remaining: boolean;
                                snapshot: boolean;
                                differences: number;
                                fault?: {
                                    code: string;
                                    message: string;
                                };
                            };
                        }[];
                        /** @constant */
                        skipped?: "not_configured";
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code observer_running. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code source_unavailable, platform_unavailable. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable, ledger_changed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    observe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description an account of PAYMENT_OBSERVER_ACCOUNTS; account, startAt and note go together */
                    account?: string;
                    startAt?: unknown;
                    /** @description a text of 1 to 500 characters that says why the account starts anew */
                    note?: string;
                };
            };
        };
        responses: {
            /** @description What each account had, or the restarted account. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        accounts: {
                            account: string;
                            from: string | null;
                            to: string | null;
                            payments: number;
                            credited: number;
                            refused: {
                                [key: string]: number;
                            };
                            remaining: boolean;
                            lagSeconds: number | null;
                            /** @constant */
                            catchingUp?: true;
                            /** @constant */
                            skipped?: "already_running";
                            alarm?: {
                                code: string;
                                message: string;
                            };
                            books?: {
                                movements: number;
                                remaining: boolean;
                                snapshot: boolean;
                                differences: number;
                                fault?: {
                                    code: string;
                                    message: string;
                                };
                            };
                        }[];
                        /** @constant */
                        skipped?: "not_configured";
                    } | {
                        account: string;
                        from: string | null;
                        to: string;
                        startedFrom: string;
                        epoch: number;
                    };
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code observer_running. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code source_unavailable, platform_unavailable. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable, ledger_changed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    takeEvent: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "e6f1c2b1-0b1a-4c8e-9a53-0d6c9a1b2c3d",
                 *       "timestamp": "2026-11-28T04:55:21.496507497Z",
                 *       "type": "transaction_status_changed",
                 *       "payload": {
                 *         "transaction": {
                 *           "id": "withdrawal-1"
                 *         }
                 *       }
                 *     }
                 */
                "application/json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description It is stored. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    sendRpc: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeat with the same key and body gets the stored answer; with another body it is refused. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example [
                 *       {
                 *         "id": "1",
                 *         "jsonrpc": "2.0",
                 *         "method": "notify_onchain_funds_received",
                 *         "params": {
                 *           "transaction_id": "withdrawal-1",
                 *           "stellar_transaction_id": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                 *         }
                 *       }
                 *     ]
                 */
                "application/json": components["schemas"]["RpcRequest"] | components["schemas"]["RpcRequest"][];
            };
        };
        responses: {
            /** @description One response for each item. */
            200: {
                headers: {
                    /** @description Params that the method does not have, and a fee that is sent in another form. */
                    "x-anchor-ops-warning"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RpcResponse"] | components["schemas"]["RpcResponse"][];
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code idempotency_running. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code idempotency_conflict. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code platform_unavailable. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    sendUpdate: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeat with the same key and body gets the stored answer; with another body it is refused. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description the id of a transaction, 1 to 255 characters */
                id: string;
                method: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "message": "The funds have arrived."
                 *     }
                 */
                "application/json": {
                    message?: string;
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description It is applied. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        transaction: {
                            [key: string]: unknown;
                        };
                        attempt: {
                            id: string;
                            /** @enum {string} */
                            state: "READY" | "SENDING" | "UNKNOWN" | "APPLIED" | "REJECTED" | "NOT_APPLIED" | "MANUAL" | "EXPIRED" | "WITHDRAWN" | "LOST";
                            warnings?: ({
                                param?: string;
                                message: string;
                            } & {
                                [key: string]: unknown;
                            })[];
                            ledger?: {
                                [key: string]: unknown;
                            };
                        };
                    };
                };
            };
            /** @description Its outcome is not known yet, or it waits. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        attempt: {
                            id: string;
                            /** @enum {string} */
                            state: "READY" | "SENDING" | "UNKNOWN" | "APPLIED" | "REJECTED" | "NOT_APPLIED" | "MANUAL" | "EXPIRED" | "WITHDRAWN" | "LOST";
                            warnings?: ({
                                param?: string;
                                message: string;
                            } & {
                                [key: string]: unknown;
                            })[];
                            reason: string;
                            settleBy: string | null;
                        };
                    };
                };
            };
            /** @description Its params are refused. An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefusedUpdate"] | components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The key lacks the scope force. An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefusedUpdate"] | components["schemas"]["Error"];
                };
            };
            /** @description There is no such transaction or method. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefusedUpdate"];
                };
            };
            /** @description It is refused, or it ended without an effect. An error with the code idempotency_running. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefusedUpdate"] | components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code idempotency_conflict. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The platform takes none of our requests. An error with the code platform_unavailable. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefusedUpdate"] | components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listTransactions: {
        parameters: {
            query?: {
                /** @description one or several of incomplete, pending_user_transfer_start, pending_user_transfer_complete, pending_external, pending_anchor, on_hold, pending_stellar, pending_trust, pending_user, pending_customer_info_update, pending_transaction_info_update, pending_sender, pending_receiver, completed, refunded, expired, error, no_market, too_small, too_large */
                status?: ("incomplete" | "pending_user_transfer_start" | "pending_user_transfer_complete" | "pending_external" | "pending_anchor" | "on_hold" | "pending_stellar" | "pending_trust" | "pending_user" | "pending_customer_info_update" | "pending_transaction_info_update" | "pending_sender" | "pending_receiver" | "completed" | "refunded" | "expired" | "error" | "no_market" | "too_small" | "too_large")[];
                /** @description deposit, deposit-exchange, withdrawal, withdrawal-exchange, receive */
                kind?: "deposit" | "deposit-exchange" | "withdrawal" | "withdrawal-exchange" | "receive";
                /** @description 6, 24, 31 */
                sep?: "6" | "24" | "31";
                /** @description an ISO 8601 instant in UTC such as 2026-11-21T08:00:00Z, from the year 1 on */
                updatedSince?: string;
                /** @description one or several of READY, SENDING, UNKNOWN, APPLIED, REJECTED, NOT_APPLIED, MANUAL, EXPIRED, WITHDRAWN, LOST */
                attemptState?: ("READY" | "SENDING" | "UNKNOWN" | "APPLIED" | "REJECTED" | "NOT_APPLIED" | "MANUAL" | "EXPIRED" | "WITHDRAWN" | "LOST")[];
                /** @description a memo of at most 255 bytes as the platform shows it, or a hash memo in hex or base64 */
                memo?: string;
                /** @description the id of a transfer outside Stellar, 1 to 255 characters */
                externalTransactionId?: string;
                /** @description the hash of a Stellar transaction, 64 hexadecimal characters */
                stellarTransaction?: string;
                /** @description an account, G… of 56 or M… of 69 characters */
                account?: string;
                /** @description asc, desc */
                order?: "asc" | "desc";
                /** @description an integer from 1 to 200 */
                limit?: number;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of transactions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        transactions: {
                            id: string;
                            transaction: {
                                [key: string]: unknown;
                            };
                            /** Format: date-time */
                            firstSeenAt: string;
                            /** Format: date-time */
                            seenAt: string;
                        }[];
                        next: string | null;
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    showTransaction: {
        parameters: {
            query?: {
                refresh?: boolean;
            };
            header?: never;
            path: {
                /** @description the id of a transaction, 1 to 255 characters */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The transaction. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        transaction: {
                            [key: string]: unknown;
                        } | null;
                        firstSeenAt: string | null;
                        seenAt: string | null;
                        earlierSince: string | null;
                        wentBack: {
                            /** @constant */
                            code: "platform_went_back";
                            from: string | null;
                            to: string | null;
                            /** Format: date-time */
                            since: string;
                            /** Format: date-time */
                            takenAt: string;
                        } | null;
                        history: {
                            status: string;
                            /** Format: date-time */
                            platformUpdatedAt: string;
                            /** Format: date-time */
                            seenAt: string;
                            attemptId: string | null;
                        }[];
                        attempts: {
                            /** Format: uuid */
                            attemptId: string;
                            seq: string;
                            transactionId: string;
                            method: string;
                            params: {
                                [key: string]: unknown;
                            };
                            naturalKey: string | null;
                            custody: boolean;
                            origin: string;
                            keyName: string | null;
                            requestKey: string | null;
                            itemIndex: number;
                            /** @enum {string} */
                            state: "READY" | "SENDING" | "UNKNOWN" | "APPLIED" | "REJECTED" | "NOT_APPLIED" | "MANUAL" | "EXPIRED" | "WITHDRAWN" | "LOST";
                            tries: number;
                            rpcId: string | null;
                            pre: {
                                [key: string]: unknown;
                            } | null;
                            post: {
                                [key: string]: unknown;
                            } | null;
                            sentAt: string | null;
                            settleAt: string | null;
                            expiresAt: string | null;
                            outcome: {
                                [key: string]: unknown;
                            } | null;
                            note: string | null;
                            forced: string | null;
                            ledger: {
                                [key: string]: unknown;
                            } | null;
                            /** Format: date-time */
                            createdAt: string;
                            /** Format: date-time */
                            updatedAt: string;
                            moves: {
                                /** Format: date-time */
                                at: string;
                                from: ("READY" | "SENDING" | "UNKNOWN" | "APPLIED" | "REJECTED" | "NOT_APPLIED" | "MANUAL" | "EXPIRED" | "WITHDRAWN" | "LOST") | null;
                                /** @enum {string} */
                                to: "READY" | "SENDING" | "UNKNOWN" | "APPLIED" | "REJECTED" | "NOT_APPLIED" | "MANUAL" | "EXPIRED" | "WITHDRAWN" | "LOST";
                                detail: {
                                    [key: string]: unknown;
                                };
                            }[];
                            warnings?: ({
                                param?: string;
                                message: string;
                            } & {
                                [key: string]: unknown;
                            })[];
                        }[];
                        moreAttempts: boolean;
                        refunds: {
                            refundId: string;
                            method: string;
                            amount: string;
                            fee: string;
                            asset: string;
                            /** Format: uuid */
                            attemptId: string;
                            /** @enum {string} */
                            state: "READY" | "SENDING" | "UNKNOWN" | "APPLIED" | "REJECTED" | "NOT_APPLIED" | "MANUAL" | "EXPIRED" | "WITHDRAWN" | "LOST";
                        }[];
                        atPlatform?: boolean;
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code not_found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code platform_unavailable. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listAttempts: {
        parameters: {
            query?: {
                /** @description one or several of READY, SENDING, UNKNOWN, APPLIED, REJECTED, NOT_APPLIED, MANUAL, EXPIRED, WITHDRAWN, LOST */
                state?: ("READY" | "SENDING" | "UNKNOWN" | "APPLIED" | "REJECTED" | "NOT_APPLIED" | "MANUAL" | "EXPIRED" | "WITHDRAWN" | "LOST")[];
                /** @description the id of a transaction, 1 to 255 characters */
                transactionId?: string;
                /** @description notify_interactive_flow_completed, request_offchain_funds, notify_offchain_funds_sent, notify_offchain_funds_received, notify_refund_pending, notify_refund_sent, request_trust, notify_trust_set, request_customer_info_update, notify_customer_info_updated, do_stellar_payment, notify_onchain_funds_sent, notify_onchain_funds_received, notify_offchain_funds_available, notify_offchain_funds_pending, notify_transaction_error, notify_transaction_expired, do_stellar_refund, request_onchain_funds, notify_amounts_updated, notify_transaction_recovery, notify_transaction_on_hold */
                method?: "notify_interactive_flow_completed" | "request_offchain_funds" | "notify_offchain_funds_sent" | "notify_offchain_funds_received" | "notify_refund_pending" | "notify_refund_sent" | "request_trust" | "notify_trust_set" | "request_customer_info_update" | "notify_customer_info_updated" | "do_stellar_payment" | "notify_onchain_funds_sent" | "notify_onchain_funds_received" | "notify_offchain_funds_available" | "notify_offchain_funds_pending" | "notify_transaction_error" | "notify_transaction_expired" | "do_stellar_refund" | "request_onchain_funds" | "notify_amounts_updated" | "notify_transaction_recovery" | "notify_transaction_on_hold";
                /** @description an ISO 8601 instant in UTC such as 2026-11-21T08:00:00Z, from the year 1 on */
                since?: string;
                /** @description asc, desc */
                order?: "asc" | "desc";
                /** @description an integer from 1 to 200 */
                limit?: number;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of attempts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        attempts: components["schemas"]["Attempt"][];
                        next: string | null;
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    decideAttempt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the id of a transaction, 1 to 255 characters */
                id: string;
                /** @description the id of an attempt, a UUID */
                attemptId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "decision": "applied",
                 *       "note": "The platform shows it"
                 *     }
                 */
                "application/json": {
                    /** @constant */
                    decision: "applied";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                } | {
                    /** @constant */
                    decision: "rejected";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                } | {
                    /** @constant */
                    decision: "not_applied";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                } | {
                    /** @constant */
                    decision: "withdrawn";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                } | {
                    /** @constant */
                    decision: "replay";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                };
            };
        };
        responses: {
            /** @description The decision. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        attempt: {
                            id: string;
                            /** @enum {string} */
                            state: "READY" | "SENDING" | "UNKNOWN" | "APPLIED" | "REJECTED" | "NOT_APPLIED" | "MANUAL" | "EXPIRED" | "WITHDRAWN" | "LOST";
                            reason?: string;
                            settleBy?: string | null;
                        };
                        decision: {
                            /** Format: uuid */
                            id: string;
                            /** Format: date-time */
                            at: string;
                            keyName: string;
                            /** @enum {string} */
                            about: "attempt" | "payment" | "observer" | "books" | "anchor" | "listing" | "key";
                            subject: string;
                            transactionId: string | null;
                            decision: string;
                            note: string | null;
                            reading: {
                                [key: string]: unknown;
                            };
                            newAttemptId: string | null;
                        };
                        waiting?: {
                            id: string;
                            method: string;
                            /** @enum {string} */
                            next: "sent" | "refused" | "in_turn" | "unread";
                            expiresAt: string | null;
                        }[];
                    };
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code not_found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code decision_refused. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code platform_unavailable. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listPayments: {
        parameters: {
            query?: {
                open?: boolean;
                /** @description credited, transaction_failed, outgoing, no_memo, no_match, catching_up, not_awaiting, paid_outside_window, ambiguous, wrong_account, wrong_asset, amount_unknown, amount_short, amount_over, already_paid, sep31_path_payment, manual_review, update_refused */
                verdict?: "credited" | "transaction_failed" | "outgoing" | "no_memo" | "no_match" | "catching_up" | "not_awaiting" | "paid_outside_window" | "ambiguous" | "wrong_account" | "wrong_asset" | "amount_unknown" | "amount_short" | "amount_over" | "already_paid" | "sep31_path_payment" | "manual_review" | "update_refused";
                /** @description an account id (G…) */
                account?: string;
                /** @description an asset of the ledger, such as stellar:native or stellar:USDC:G… */
                asset?: string;
                /** @description an ISO 8601 instant in UTC such as 2026-11-21T08:00:00Z, from the year 1 on */
                since?: string;
                /** @description json, csv */
                format?: "json" | "csv";
                /** @description an integer from 1 to 200 */
                limit?: number;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of payments. */
            200: {
                headers: {
                    /** @description Of a CSV: the name of the file. */
                    "content-disposition"?: string;
                    /** @description Of a CSV with a next page: its URL, with rel="next". */
                    link?: string;
                    /** @description Of a CSV with a next page: its cursor. */
                    "x-next-cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        payments: {
                            epoch: number;
                            isPresentEpoch: boolean;
                            operationId: string;
                            account: string;
                            /** @enum {string} */
                            source: "horizon" | "rpc";
                            ledger: number;
                            /** Format: date-time */
                            closedAt: string;
                            transactionHash: string;
                            successful: boolean;
                            /** @enum {string} */
                            kind: "payment" | "path_payment" | "create_account" | "account_merge" | "claimable_balance" | "clawback" | "contract_transfer" | "unknown";
                            from: string | null;
                            fromMuxedId: string | null;
                            to: string | null;
                            toMuxedId: string | null;
                            asset: string | null;
                            amount: string | null;
                            /** @enum {string} */
                            memoType: "none" | "text" | "id" | "hash" | "other";
                            memo: string | null;
                            /** @enum {string} */
                            verdict: "credited" | "transaction_failed" | "outgoing" | "no_memo" | "no_match" | "catching_up" | "not_awaiting" | "paid_outside_window" | "ambiguous" | "wrong_account" | "wrong_asset" | "amount_unknown" | "amount_short" | "amount_over" | "already_paid" | "sep31_path_payment" | "manual_review" | "update_refused";
                            sentence: string;
                            evidence: {
                                [key: string]: unknown;
                            };
                            transactionId: string | null;
                            attemptId: string | null;
                            attemptState: string | null;
                            latestAttempt: {
                                /** Format: uuid */
                                id: string;
                                /** @enum {string} */
                                state: "READY" | "SENDING" | "UNKNOWN" | "APPLIED" | "REJECTED" | "NOT_APPLIED" | "MANUAL" | "EXPIRED" | "WITHDRAWN" | "LOST";
                            } | null;
                            /** @enum {string} */
                            state: "open" | "closed" | "failed" | "outgoing" | "catching_up" | "credited" | "reported_by_hand" | "own" | "dust";
                            openSince: string | null;
                            /** Format: date-time */
                            recordedAt: string;
                            /** Format: date-time */
                            judgedAt: string;
                            earlier: {
                                /** @enum {string} */
                                verdict: "credited" | "transaction_failed" | "outgoing" | "no_memo" | "no_match" | "catching_up" | "not_awaiting" | "paid_outside_window" | "ambiguous" | "wrong_account" | "wrong_asset" | "amount_unknown" | "amount_short" | "amount_over" | "already_paid" | "sep31_path_payment" | "manual_review" | "update_refused";
                                sentence: string;
                                /** Format: date-time */
                                judgedAt: string;
                            }[];
                            actions?: components["schemas"]["Action"][];
                        }[];
                        next: string | null;
                    };
                    "text/csv": string;
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    showPayment: {
        parameters: {
            query?: {
                /** @description an integer from 1 to 1000000 */
                epoch?: number;
            };
            header?: never;
            path: {
                /** @description the operation id of an observed payment, 1 to 20 digits */
                operationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The payment. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        payment: components["schemas"]["Payment"] | components["schemas"]["ArchivedPayment"];
                        decisions: {
                            /** Format: uuid */
                            id: string;
                            /** Format: date-time */
                            at: string;
                            keyName: string;
                            /** @enum {string} */
                            about: "attempt" | "payment" | "observer" | "books" | "anchor" | "listing" | "key";
                            subject: string;
                            transactionId: string | null;
                            decision: string;
                            note: string | null;
                            reading: {
                                [key: string]: unknown;
                            };
                            newAttemptId: string | null;
                        }[];
                        actions: components["schemas"]["Action"][];
                        refund: components["schemas"]["Refund"] | null;
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code not_found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    decidePayment: {
        parameters: {
            query?: {
                /** @description an integer from 1 to 1000000 */
                epoch?: number;
            };
            header?: never;
            path: {
                /** @description the operation id of an observed payment, 1 to 20 digits */
                operationId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "decision": "assign",
                 *       "transaction_id": "withdrawal-1",
                 *       "note": "The customer wrote"
                 *     }
                 */
                "application/json": {
                    /** @constant */
                    decision: "assign";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                    /** @description the id of a transaction, 1 to 255 characters */
                    transaction_id: string;
                    force?: boolean;
                } | {
                    /** @constant */
                    decision: "refunded";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                    /** @description the hash of the refund, 64 characters of hex */
                    stellar_transaction_id: string;
                    force?: boolean;
                } | {
                    /** @constant */
                    decision: "reported";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                } | {
                    /** @constant */
                    decision: "ignored";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                } | {
                    /** @constant */
                    decision: "reopen";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                };
            };
        };
        responses: {
            /** @description The decision. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        payment: components["schemas"]["Payment"];
                        decision: {
                            /** Format: uuid */
                            id: string;
                            /** Format: date-time */
                            at: string;
                            keyName: string;
                            /** @enum {string} */
                            about: "attempt" | "payment" | "observer" | "books" | "anchor" | "listing" | "key";
                            subject: string;
                            transactionId: string | null;
                            decision: string;
                            note: string | null;
                            reading: {
                                [key: string]: unknown;
                            };
                            newAttemptId: string | null;
                        };
                        attempt?: {
                            id: string;
                            state: string;
                            reason?: string;
                        };
                    };
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code not_found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code decision_refused. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code source_unavailable, platform_unavailable. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    readReconciliation: {
        parameters: {
            query?: {
                /** @description an account, G… of 56 characters */
                account?: string;
                /** @description an asset of the ledger as in SEP-38, such as stellar:native or stellar:USDC:G… */
                asset?: string;
                /** @description an ISO 8601 instant in UTC such as 2026-11-21T08:00:00Z, from the year 1 on */
                from?: string;
                /** @description an ISO 8601 instant in UTC such as 2026-11-21T08:00:00Z, from the year 1 on */
                to?: string;
                /** @description an integer from 1 to 1000000 */
                epoch?: number;
                /** @description json, csv */
                format?: "json" | "csv";
                /** @description an integer from 1 to 1000 */
                limit?: number;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The books. */
            200: {
                headers: {
                    /** @description Of a CSV: the name of the file. */
                    "content-disposition"?: string;
                    /** @description Of a CSV with a next page: its URL, with rel="next". */
                    link?: string;
                    /** @description Of a CSV with a next page: its cursor. */
                    "x-next-cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        books: components["schemas"]["Book"][];
                        lines: {
                            ledger: number;
                            /** Format: date-time */
                            closedAt: string;
                            kind: string;
                            state: string | null;
                            operationId: string | null;
                            transactionHash: string;
                            verdict: string | null;
                            transactionId: string | null;
                            status: string | null;
                            externalTransactionId: string | null;
                            attemptId: string | null;
                            attemptState: string | null;
                            amount: string;
                        }[] | null;
                        next: string | null;
                    };
                    "text/csv": string;
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    decideBooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "decision": "snapshot",
                 *       "account": "G…"
                 *     }
                 */
                "application/json": {
                    /** @constant */
                    decision: "snapshot";
                    /** @description an account, G… of 56 characters */
                    account: string;
                } | {
                    /** @constant */
                    decision: "explained";
                    /** @description an account, G… of 56 characters */
                    account: string;
                    /** @description an asset of the ledger as in SEP-38, such as stellar:native or stellar:USDC:G… */
                    asset: string;
                    /** @description an integer from 1 to 4294967295 */
                    closingLedger: number;
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note: string;
                };
            };
        };
        responses: {
            /** @description The books or the decision. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        books: {
                            movements: number;
                            remaining: boolean;
                            snapshot: boolean;
                            differences: number;
                            fault?: {
                                code: string;
                                message: string;
                            };
                        };
                    } | {
                        decision: {
                            /** Format: uuid */
                            id: string;
                            /** Format: date-time */
                            at: string;
                            keyName: string;
                            /** @enum {string} */
                            about: "attempt" | "payment" | "observer" | "books" | "anchor" | "listing" | "key";
                            subject: string;
                            transactionId: string | null;
                            decision: string;
                            note: string | null;
                            reading: {
                                [key: string]: unknown;
                            };
                            newAttemptId: string | null;
                        };
                    };
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code not_found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code decision_refused. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listAttention: {
        parameters: {
            query?: {
                /** @description an integer from 1 to 200 */
                limit?: number;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of what waits. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        waiting: {
                            /** @enum {string} */
                            kind: "update_manual" | "update_lost" | "update_late" | "payment" | "observer_alarm" | "difference" | "anchor_held" | "anchor_flapping" | "unlisted" | "platform";
                            id: string;
                            /** Format: date-time */
                            since: string;
                            transactionId: string | null;
                            reason: string;
                            detail: {
                                [key: string]: unknown;
                            };
                            actions: components["schemas"]["Action"][];
                        }[];
                        openMoney: {
                            payments: number;
                            isWhole: boolean;
                            oldestSince: string | null;
                            assets: {
                                asset: string | null;
                                payments: number;
                                amount: string | null;
                                underAnHour: number;
                                underADay: number;
                                older: number;
                                /** Format: date-time */
                                oldestSince: string;
                            }[];
                            otherAssets: number;
                        } | null;
                        next: string | null;
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listDecisions: {
        parameters: {
            query?: {
                /** @description an ISO 8601 instant in UTC such as 2026-11-21T08:00:00Z, from the year 1 on */
                since?: string;
                /** @description attempt, payment, observer, books, anchor, listing, key */
                about?: "attempt" | "payment" | "observer" | "books" | "anchor" | "listing" | "key";
                /** @description the id of an attempt, a payment or a listing, an account, an anchor as network:domain, or the name of a key */
                subject?: string;
                /** @description asc, desc */
                order?: "asc" | "desc";
                /** @description an integer from 1 to 200 */
                limit?: number;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of decisions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        decisions: {
                            /** Format: uuid */
                            id: string;
                            /** Format: date-time */
                            at: string;
                            keyName: string;
                            /** @enum {string} */
                            about: "attempt" | "payment" | "observer" | "books" | "anchor" | "listing" | "key";
                            subject: string;
                            transactionId: string | null;
                            decision: string;
                            note: string | null;
                            reading: {
                                [key: string]: unknown;
                            };
                            newAttemptId: string | null;
                        }[];
                        next: string | null;
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All keys. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        keys: components["schemas"]["Key"][];
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    makeKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description 1 to 64 of the characters a-z, 0-9, ".", "_" and "-", with a letter or digit at the start */
                    name: string;
                    /** @description a list of at most 4 texts */
                    scopes: string[];
                    /** @description an integer from 1 to 3650 */
                    expiresInDays?: number;
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note?: string;
                };
            };
        };
        responses: {
            /** @description The key and its secret. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        scopes: ("read" | "update" | "force" | "decide")[];
                        createdBy: string;
                        /** Format: date-time */
                        createdAt: string;
                        expiresAt: string | null;
                        revokedBy: string | null;
                        revokedAt: string | null;
                        /** @enum {string} */
                        state: "usable" | "expired" | "revoked";
                        secret: string;
                    };
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code decision_refused. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    endKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description 1 to 64 of the characters a-z, 0-9, ".", "_" and "-", with a letter or digit at the start */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "decision": "revoked",
                 *       "note": "It leaked"
                 *     }
                 */
                "application/json": {
                    /** @constant */
                    decision: "revoked";
                    /** @description a text of 1 to 1,000 characters that says how it is known */
                    note?: string;
                };
            };
        };
        responses: {
            /** @description The revoked key. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Key"];
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code not_found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code decision_refused. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description an ISO 8601 instant in UTC such as 2026-11-21T08:00:00Z, from the year 1 on */
                since?: string;
                /** @description transaction.status, attempt.settled, attempt.waiting, payment.verdict, open_money.began, open_money.ended, difference.found, difference.ended, anchor.switched, anchor.changed, anchor.held, anchor.flapping, run.degraded, run.recovered, observer.alarm, observer.recovered */
                type?: "transaction.status" | "attempt.settled" | "attempt.waiting" | "payment.verdict" | "open_money.began" | "open_money.ended" | "difference.found" | "difference.ended" | "anchor.switched" | "anchor.changed" | "anchor.held" | "anchor.flapping" | "run.degraded" | "run.recovered" | "observer.alarm" | "observer.recovered";
                /** @description the `subject` of an event, such as transaction/ID */
                subject?: string;
                parked?: boolean;
                /** @description an integer from 1 to 200 */
                limit?: number;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        events: {
                            /** Format: uuid */
                            id: string;
                            type: string;
                            subject: string;
                            /** Format: date-time */
                            at: string;
                            position: string;
                            replayed: boolean;
                            data: {
                                [key: string]: unknown;
                            };
                            deliveries: {
                                endpoint: string;
                                host: string;
                                /** @enum {string} */
                                state: "waiting" | "delivered" | "parked";
                                tries: number;
                                failure: string | null;
                            }[];
                        }[];
                        next: string | null;
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    replayEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description the `id` of an event */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It waits to be delivered. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                        type: string;
                        subject: string;
                        endpoints: string[];
                    };
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code forbidden. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code not_found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deliverEventsByGet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many were delivered. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        delivered: number;
                        failed: number;
                        parked: number;
                    };
                };
            };
            /** @description An error with the code invalid_parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deliverEvents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description How many were delivered. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        delivered: number;
                        failed: number;
                        parked: number;
                    };
                };
            };
            /** @description An error with the code invalid_parameter, invalid_request_body. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code unauthorized. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code body_too_large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code internal_error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description An error with the code configuration_invalid, database_unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    on_transaction_status: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TransactionStatusEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_attempt_settled: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AttemptSettledEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_attempt_waiting: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AttemptWaitingEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_payment_verdict: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PaymentVerdictEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_open_money_began: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenMoneyBeganEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_open_money_ended: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenMoneyEndedEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_difference_found: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DifferenceFoundEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_difference_ended: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DifferenceEndedEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_anchor_switched: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnchorSwitchedEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_anchor_changed: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnchorChangedEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_anchor_held: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnchorHeldEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_anchor_flapping: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnchorFlappingEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_run_degraded: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunDegradedEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_run_recovered: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunRecoveredEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_observer_alarm: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ObserverAlarmEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    on_observer_recovered: {
        parameters: {
            query?: never;
            header: {
                /** @description The id of the event. */
                "webhook-id": string;
                /** @description When it was sent, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description One `v1,…` for each secret, parted by spaces (Standard Webhooks). */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ObserverRecoveredEvent"];
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
