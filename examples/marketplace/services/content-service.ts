import {
  type Call,
  created,
  idsOf,
  notFound,
  ok,
  type Reply,
  type Service,
  sizeOf,
  textOf,
} from '../../service/service.ts';
import { loadData } from './data.ts';
import { callerOf, createService } from './service.ts';

interface Post {
  readonly id: string;
  readonly title: string;
  readonly author_id: string;
  readonly channel_id: string;
  readonly published_at: string;
  readonly [key: string]: unknown;
}
interface Channel {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly [key: string]: unknown;
}
interface Comment {
  readonly id: string;
  readonly post_id: string;
  readonly author_id: string;
  readonly text: string;
  readonly created_at: string;
}
interface FeedEntry {
  readonly channel_id: string;
  readonly kind: 'post' | 'gig' | 'product';
  readonly target_id: string | number;
  readonly shared_at: string;
}

/** What people publish: `/api/posts`, `/api/channels`, `/api/comments`. Ids are texts, also those of authors. */
export function createContentService(): Service {
  const posts = loadData<Post>('posts');
  const channels = loadData<Channel>('channels');
  const comments = createComments(loadData<Comment>('comments'), posts);
  const feeds = loadData<FeedEntry>('feeds');

  const withChannel = (post: Post) => ({
    ...post,
    channel: channels.find((channel) => channel.id === post.channel_id),
  });
  const findChannel = (key: string): Channel => {
    const channel = channels.find((candidate) => candidate.id === key || candidate.slug === key);
    if (channel === undefined) throw notFound('Channel');
    return channel;
  };

  const listPosts = (call: Call): Reply => {
    const ids = idsOf(call, 'id');
    if (ids !== undefined) {
      return ok({ items: posts.filter((post) => ids.includes(post.id)).map(withChannel) });
    }
    const channel = call.query.get('channel');
    const shown = posts.filter((post) => channel === null || post.channel_id === findChannel(channel).id);
    return ok(cursorPaged(call, shown.map(withChannel)));
  };
  const showPost = (call: Call): Reply => {
    const post = posts.find((candidate) => candidate.id === call.params.id);
    if (post === undefined) throw notFound('Post');
    return ok(withChannel(post));
  };
  const feed = (call: Call): Reply => {
    const { id } = findChannel(call.params.id ?? '');
    return ok({ items: feeds.filter((entry) => entry.channel_id === id) });
  };

  return createService('content-service', [
    ['GET', '/api/posts/', listPosts],
    ['GET', '/api/posts/{id}/', showPost],
    ['GET', '/api/channels/', () => ok({ items: channels, next_cursor: null })],
    ['GET', '/api/channels/{id}/', (call) => ok(findChannel(call.params.id ?? ''))],
    ['GET', '/api/channels/{id}/feed/', feed],
    ['GET', '/api/comments/', comments.list],
    ['GET', '/api/comments/by-post/', comments.byPost],
    ['POST', '/api/comments/', comments.create],
  ]);
}

function createComments(comments: Comment[], posts: readonly Post[]) {
  return {
    list(call: Call): Reply {
      const post = call.query.get('post_id');
      return ok(
        cursorPaged(
          call,
          comments.filter((comment) => post === null || comment.post_id === post),
        ),
      );
    },
    byPost(call: Call): Reply {
      const groups = (idsOf(call, 'post_id') ?? []).map((id) => ({
        post_id: id,
        comments: comments.filter((comment) => comment.post_id === id),
      }));
      return ok({ items: groups });
    },
    create(call: Call): Reply {
      const author = String(callerOf(call));
      const post = textOf(call, 'post_id');
      if (!posts.some((candidate) => candidate.id === post)) throw notFound('Post');
      const comment: Comment = {
        id: `m-${801 + comments.length}`,
        post_id: post,
        author_id: author,
        text: textOf(call, 'text'),
        created_at: new Date().toISOString(),
      };
      comments.push(comment);
      return created(comment);
    },
  };
}

/** The envelope of this service's lists: `cursor` is the id of the last row of the page before. */
function cursorPaged<T extends { readonly id: string }>(call: Call, rows: readonly T[]) {
  const limit = sizeOf(call, 'limit', 20);
  const cursor = call.query.get('cursor');
  const start = cursor === null ? 0 : rows.findIndex((row) => row.id === cursor) + 1;
  const items = rows.slice(start, start + limit);
  return { items, next_cursor: start + limit < rows.length ? (items.at(-1)?.id ?? null) : null };
}
