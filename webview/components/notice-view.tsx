import type { VNode } from "preact";
import type { NoticeItem } from "../../protocol/chat/transcript.ts";

/** A word of the Gateway that is neither question nor answer. */
export function NoticeView({ notice }: { notice: NoticeItem }): VNode {
  return (
    <div class="turn">
      <p class="quiet small" dir="auto">
        {notice.text}
      </p>
    </div>
  );
}
