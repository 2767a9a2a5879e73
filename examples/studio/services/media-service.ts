import {
  type Call,
  callerOf,
  created,
  idsOf,
  notFound,
  ok,
  type Reply,
  type Route,
  type Service,
  sizeOf,
  textOf,
} from '../../service/service.ts';
import { createService, listOf } from './service.ts';

interface Medium {
  readonly id: string;
  readonly screenplay_id: string;
  readonly requested_by: string;
  readonly prompt: string;
  readonly status: 'queued' | 'ready';
  readonly url: string | null;
}

/** Images and videos, and orders for more of them. */
export function createMediaService(): Service {
  return createService('media_service', [
    ...routesFor('/api/v1/images', 'Image', IMAGES),
    ...routesFor('/api/v1/videos', 'Video', VIDEOS),
  ]);
}

function routesFor(path: string, what: string, initial: readonly Medium[]): Route[] {
  const media = [...initial];

  const list = (call: Call): Reply => {
    const of = idsOf(call, 'screenplay_id');
    const shown = of === undefined ? media : media.filter(({ screenplay_id }) => of.includes(screenplay_id));
    return ok(listOf(shown, sizeOf(call, 'limit', 50)));
  };

  const listByScreenplay = (call: Call): Reply => {
    const groups = (idsOf(call, 'screenplay_id') ?? []).map((id) => ({
      screenplay_id: id,
      media: media.filter(({ screenplay_id }) => screenplay_id === id),
    }));
    return ok(listOf(groups, 100));
  };

  const order = (call: Call): Reply => {
    const medium: Medium = {
      id: `${what.toLowerCase()}-${media.length + 1}`,
      screenplay_id: textOf(call, 'screenplay_id'),
      requested_by: callerOf(call),
      prompt: textOf(call, 'prompt'),
      status: 'queued',
      url: null,
    };
    media.push(medium);
    return created(medium);
  };

  const show = (call: Call): Reply => {
    const found = media.find(({ id }) => id === call.params.id);
    if (found === undefined) throw notFound(what);
    return ok(found);
  };

  return [
    ['GET', path, list],
    ['GET', `${path}/by-screenplay`, listByScreenplay],
    ['POST', path, order],
    ['GET', `${path}/{id}`, show],
  ];
}

const IMAGES: readonly Medium[] = [
  {
    id: 'image-1',
    screenplay_id: 's-1',
    requested_by: 'u-1',
    prompt: 'A lantern room at night, gulls around the lamp',
    status: 'ready',
    url: '/media/lantern-room.png',
  },
  {
    id: 'image-2',
    screenplay_id: 's-2',
    requested_by: 'u-2',
    prompt: 'An empty tram, rain on the windows',
    status: 'ready',
    url: '/media/tram.png',
  },
];

const VIDEOS: readonly Medium[] = [
  {
    id: 'video-1',
    screenplay_id: 's-1',
    requested_by: 'u-1',
    prompt: 'The light turns, the gulls rise',
    status: 'ready',
    url: '/media/gulls.mp4',
  },
];
